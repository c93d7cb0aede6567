//! The suite proves itself: of every store that breaks one rule it names the rule.

#[path = "support/broken.rs"]
mod broken;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use broken::{Broken, Fault};
use ticketcore::Store;
use ticketcore::testing::{Harness, cases};

struct Handles(Broken);

#[async_trait]
impl Harness for Handles {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

/// Runs one case on a store with a fault; the case has to fail.
fn rejects(fault: Fault, name: &str) {
    let case = cases().iter().find(|case| case.name == name).unwrap();
    let end = catch_unwind(AssertUnwindSafe(|| (case.run)(&Handles(Broken::new(fault)))));
    assert!(end.is_err(), "{case:?} finds nothing wrong with a store that has the fault {fault:?}");
}

macro_rules! rejected {
    ($($test:ident: $fault:ident by $case:ident,)+) => {
        $(#[test]
        fn $test() {
            rejects(Fault::$fault, stringify!($case));
        })+
    };
}

rejected! {
    a_store_where_the_last_writer_wins: LastWriterWins by a_stale_version_conflicts_and_writes_nothing,
    a_store_where_workers_overwrite_each_other: LastWriterWins by increments_through_several_handles_all_count,
    a_store_that_ignores_expectations: IgnoresExpectations by an_expected_version_of_another_ticket_must_hold,
    a_store_that_allows_write_skew: IgnoresExpectations by of_two_commits_that_rest_on_each_other_exactly_one_wins,
    a_store_that_writes_half_of_a_commit: WritesAsFarAsItGets by one_stale_change_keeps_all_from_being_written,
    a_store_that_forgets_claims: ForgetsClaims by a_claim_in_other_hands_conflicts_and_names_them,
    a_store_where_every_taker_gets_the_claim: ForgetsClaims by of_several_takers_exactly_one_gets_the_claim,
    a_store_that_forgets_new_marks: ForgetsMarks by a_change_without_facts_renews_only_the_marks,
    a_store_with_one_number_for_all_tenants: SharesNumbers by numbers_rise_by_one_within_each_tenant,
    a_store_that_keeps_milliseconds: CutsTimes by times_are_kept_to_the_microsecond_in_any_age,
    a_store_with_one_time_for_a_change: CutsChangesToOneTime by events_of_one_change_keep_their_own_times,
    a_store_that_drops_empty_texts: DropsEmptyTexts by an_empty_text_is_not_a_missing_one,
    a_store_that_forgets_seals: ForgetsSeals by seals_come_back_as_they_were_written,
    a_store_that_tells_history_backwards: TellsHistoryBackwards by history_tells_who_did_what_and_when_in_order,
    a_store_whose_history_does_not_fold: TellsHistoryBackwards by history_folds_to_the_ticket,
    a_store_that_skips_late_committers: SkipsLateCommitters by a_late_committer_is_never_skipped,
    a_store_whose_readers_miss_events: SkipsLateCommitters by a_reader_that_looks_after_every_commit_sees_every_event_once,
    a_store_that_drops_equal_keys: DropsEqualKeys by equal_keys_are_read_page_by_page_without_gap_or_repeat,
    a_store_that_looks_to_the_end: LooksToTheEnd by a_page_looks_no_further_than_a_place,
    a_store_that_looks_too_far_ahead: LooksTooFarAhead by the_place_ahead_is_that_of_the_ticket_so_many_further_on,
    a_store_that_explains_something_else: ExplainsAnother by what_explains_a_page_finds_it,
    a_store_whose_pages_never_end: NeverSaysTheEnd by every_order_is_read_page_by_page_without_gap_or_repeat,
    a_store_that_leaks_tenants: LeaksTenants by tenants_see_nothing_of_each_other,
    a_store_that_takes_quotes_for_operators: TakesQuotesForOperators by nothing_in_a_question_is_an_operator,
    a_store_that_breaks_phrases: BreaksPhrases by a_phrase_stands_in_one_text_word_by_word,
    a_store_that_wants_whole_words: WantsWholeWords by a_prefix_begins_a_word,
    a_store_that_takes_quotes_of_phrases_for_operators: TakesQuotesForOperators by nothing_in_a_phrase_or_prefix_is_an_operator,
    a_store_that_finds_erased_phrases: FindsErasedWords by erased_texts_are_found_by_no_phrase_and_no_prefix,
    a_store_that_tells_other_tenants_phrases: LeaksTenants by another_tenants_phrases_and_prefixes_are_not_found,
    a_store_that_minds_case: MindsCase by words_are_whole_words_in_any_case_and_script,
    a_store_that_counts_closed_tickets_twice: CountsClosedTwice by tally_agrees_with_the_meaning_of_random_scans,
    a_store_that_wakes_tickets_too_late: WakesTooLate by a_ticket_is_due_at_its_instant_and_not_before,
    a_store_that_overwrites_documents: OverwritesDocuments by a_document_at_another_version_conflicts_and_stays,
    a_store_where_writers_of_documents_overwrite_each_other: OverwritesDocuments by increments_of_a_document_all_count,
    a_store_that_writes_documents_first: WritesDocumentsFirst by a_stale_change_keeps_documents_from_being_written,
    a_store_that_writes_documents_last: WritesAsFarAsItGets by a_document_at_another_version_keeps_all_from_being_written,
    a_store_that_only_empties_documents: EmptiesDocuments by a_removed_document_is_gone_as_if_never_written,
    a_store_that_removes_no_documents: ForgetsRemovals by documents_and_tickets_of_a_commit_stand_together,
    a_store_where_writers_ignore_what_they_rest_on: IgnoresExpectations by of_two_writers_that_rest_on_each_other_exactly_one_wins,
    a_store_that_erases_nothing: ForgetsErasures by an_erased_text_is_gone_from_history_and_feed,
    a_store_that_erases_only_beside_facts: ForgetsErasures by texts_are_erased_without_a_fact,
    a_store_where_erasers_undo_each_other: ForgetsErasures by of_several_erasures_at_once_all_last,
    a_store_whose_feed_tells_what_was_erased: TellsErasedTexts by an_erased_text_is_gone_from_history_and_feed,
    a_store_whose_index_keeps_erased_words: FindsErasedWords by erased_words_are_found_no_more,
    a_store_that_indexes_what_was_erased: FindsErasedWords by words_erased_before_anybody_asked_are_never_found,
    a_store_that_keeps_the_last_words: FindsErasedWords by a_ticket_without_words_is_left_when_its_texts_are_erased,
    a_store_that_erases_before_it_looks: ErasesFirst by a_refused_commit_erases_nothing,
    a_store_that_erases_new_texts: ErasesNewTexts by to_erase_twice_or_nothing_is_harmless,
    a_store_that_erases_for_all_tenants: ErasesForAll by another_tenants_texts_are_not_erased,
    a_store_that_keeps_removed_blobs: KeepsBlobs by removed_bytes_are_gone_and_can_be_put_again,
    a_store_whose_removed_blobs_end_early: EndsEarly by a_reader_of_removed_bytes_does_not_end_early,
    a_store_that_cuts_blobs: CutsBlobs by bytes_come_back_under_their_digest,
}
