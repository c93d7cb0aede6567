//! How a store proves itself, and how rules are tried out. Not covered by semver.
//!
//! # Proving a store
//!
//! Write a [`Harness`], and let [`store_tests!`](crate::store_tests) make a test of every case of the suite:
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use ticketcore::testing::Harness;
//! use ticketcore::{MemoryStore, Store};
//!
//! #[derive(Default)]
//! struct Memory(MemoryStore);
//!
//! #[async_trait]
//! impl Harness for Memory {
//!     async fn open(&self) -> Arc<dyn Store> {
//!         Arc::new(self.0.clone())
//!     }
//! }
//!
//! ticketcore::store_tests!(Memory::default());
//! # for case in ticketcore::testing::cases() { (case.run)(&Memory::default()) }
//! ```
//!
//! # Writing a store
//!
//! 1. Keep each ticket as JSON ([`codec`](crate::codec)), and beside it what [`Filter`](crate::Filter) asks of it and
//!    its [`Marks`](crate::store::Marks) hold; each event as JSON with its text beside it; claims, documents and bytes.
//! 2. Implement [`Store`]. What questions mean is in the core: [`Filter::matches`](crate::Filter::matches),
//!    [`Cursor::of`](crate::query::Cursor::of), [`words`](crate::query::words),
//!    [`Tallier`](crate::report::Tallier). Start by looking at every ticket, and let the suite watch as indexes come.
//! 3. Depend on this crate once more, under `dev-dependencies` with the feature `testing`, and prove the store as above.
//!
//! A whole one, small and slow, that passes every case:
//!
//! ```
#![doc = include_str!("custom_store.rs")]
//! ```
//!
//! # Trying out rules
//!
//! See [`given`].

mod block_on;
mod clerk;
mod commands;
mod dice;
mod given;
pub mod question;
pub mod sample;
pub mod suite;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use block_on::block_on;
pub use clerk::Clerk;
pub use commands::commands;
pub use dice::Dice;
pub use given::{Given, Outcome, given};

use crate::store::Store;

/// Where a case of the suite gets its stores from. Each case has a harness of its own, which begins empty and cleans up
/// when it is dropped.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens one more handle on the same data, as one more process would.
    async fn open(&self) -> Arc<dyn Store>;
}

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it demands, as a sentence.
    pub name: &'static str,
    /// Runs it, and panics if the store fails it.
    pub run: fn(&dyn Harness),
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All cases, for those who run them in their own way.
pub const fn cases() -> &'static [Case] {
    crate::store_tests!(@list)
}

/// Makes a test of every case of the suite, each with a fresh [`Harness`], made by the expression.
#[macro_export]
macro_rules! store_tests {
    ($($how:tt)+) => {
        $crate::__store_tests! {
            [$($how)+]
            tickets: [
                a_created_ticket_is_loaded_as_it_was_committed
                a_changed_ticket_is_loaded_as_it_was_committed
                a_missing_ticket_is_none
                creating_twice_conflicts_and_writes_nothing
                changing_what_does_not_exist_conflicts_and_writes_nothing
                a_stale_version_conflicts_and_writes_nothing
                a_version_that_is_yet_to_come_conflicts_and_writes_nothing
                a_change_without_facts_renews_only_the_marks
                a_commit_that_is_dropped_before_its_first_poll_leaves_nothing
                a_commit_that_is_dropped_while_it_waits_is_done_or_not_begun
                a_fresh_handle_sees_everything
                what_one_handle_wrote_the_others_see_at_once
            ]
            commits: [
                several_changes_are_written_together
                one_stale_change_keeps_all_from_being_written
                a_refused_claim_keeps_all_from_being_written
                an_expected_version_of_another_ticket_must_hold
                an_expected_absence_of_a_ticket_must_hold
                an_expected_document_must_hold
                an_expectation_speaks_of_the_time_before_the_commit
                a_commit_without_changes_still_checks_what_it_expects
            ]
            numbers: [
                numbers_rise_by_one_within_each_tenant
                a_refused_commit_uses_no_number_up
                numbers_have_no_gap_and_no_double_through_several_handles
            ]
            history: [
                history_tells_who_did_what_and_when_in_order
                events_of_one_change_keep_their_own_times
                history_is_read_in_parts
                history_folds_to_the_ticket
                every_kind_of_event_comes_back_as_it_was_written
                seals_come_back_as_they_were_written
                an_empty_text_is_not_a_missing_one
            ]
            feed: [
                the_feed_tells_of_all_tenants_in_the_order_of_their_commits
                the_feed_is_read_in_parts
                the_feed_and_the_history_tell_the_same
                a_reader_that_looks_after_every_commit_sees_every_event_once
                a_late_committer_is_never_skipped
            ]
            find: [
                find_agrees_with_the_meaning_of_random_questions
                a_filter_that_asks_nothing_finds_every_ticket
                a_field_compares_by_its_type
                names_are_compared_to_the_byte
                a_thousand_ids_can_be_asked_for_at_once
                each_thing_that_can_be_asked_is_asked_alone
                what_stands_within_has_no_sight_of_its_own
                a_thousand_questions_can_be_joined
                questions_can_stand_deep_in_each_other
            ]
            pages: [
                every_order_is_read_page_by_page_without_gap_or_repeat
                a_page_looks_no_further_than_a_place
                the_place_ahead_is_that_of_the_ticket_so_many_further_on
                what_explains_a_page_finds_it
                a_limit_of_none_gives_an_empty_page_that_names_no_next_one
                equal_keys_are_read_page_by_page_without_gap_or_repeat
                a_page_goes_on_although_its_last_ticket_left
                only_tickets_that_can_be_worked_on_have_a_rank
                a_ticket_moves_in_the_queue_when_its_marks_change
                a_cursor_works_as_text
            ]
            words: [
                words_are_found_wherever_they_were_written
                words_are_whole_words_in_any_case_and_script
                nothing_in_a_question_is_an_operator
                a_question_without_words_asks_nothing
                a_question_may_be_ten_thousand_characters_long
                words_are_asked_together_with_everything_else
            ]
            phrases: [
                a_phrase_stands_in_one_text_word_by_word
                a_prefix_begins_a_word
                nothing_in_a_phrase_or_prefix_is_an_operator
                an_empty_phrase_or_prefix_asks_nothing
                phrases_and_prefixes_mean_the_same_at_any_depth
                phrases_of_notes_are_found_by_those_who_read_them
                erased_texts_are_found_by_no_phrase_and_no_prefix
                another_tenants_phrases_and_prefixes_are_not_found
                a_phrase_may_be_ten_thousand_words_long
            ]
            erasure: [
                an_erased_text_is_gone_from_history_and_feed
                texts_are_erased_without_a_fact
                erased_words_are_found_no_more
                words_erased_before_anybody_asked_are_never_found
                a_ticket_without_words_is_left_when_its_texts_are_erased
                to_erase_twice_or_nothing_is_harmless
                a_refused_commit_erases_nothing
                another_tenants_texts_are_not_erased
                of_several_erasures_at_once_all_last
            ]
            tally: [
                tally_agrees_with_the_meaning_of_random_scans
                each_figure_is_read_when_it_is_asked_for_alone
                a_report_follows_every_change
                a_scan_of_no_tickets_still_has_its_tables
            ]
            due: [
                a_ticket_is_due_at_its_instant_and_not_before
                the_earliest_are_due_first_whosever_they_are
                what_wakes_together_is_named_together_or_next
                a_change_of_marks_moves_the_waking
            ]
            claims: [
                a_claim_is_taken_held_and_released
                a_claim_in_other_hands_conflicts_and_names_them
                a_claim_is_swapped_from_one_holder_to_another
                an_earlier_claim_of_a_commit_counts_for_a_later_one
                a_claim_changes_hands_without_a_fact
                claims_are_compared_to_the_byte
                of_several_takers_exactly_one_gets_the_claim
            ]
            documents: [
                a_document_is_read_as_it_was_written_last
                a_document_at_another_version_conflicts_and_stays
                documents_of_a_kind_are_listed_by_their_keys
                documents_and_tickets_of_a_commit_stand_together
                a_document_at_another_version_keeps_all_from_being_written
                a_stale_change_keeps_documents_from_being_written
                a_removed_document_is_gone_as_if_never_written
                an_earlier_write_of_a_commit_counts_for_a_later_one
                an_expected_document_may_be_written_by_the_same_commit
                the_tenant_without_a_name_has_documents_too
                of_several_writers_exactly_one_writes_a_version
                increments_of_a_document_all_count
                of_two_writers_that_rest_on_each_other_exactly_one_wins
            ]
            blobs: [
                bytes_come_back_under_their_digest
                the_same_bytes_are_kept_once_and_read_as_often_as_wanted
                removed_bytes_are_gone_and_can_be_put_again
                a_reader_of_removed_bytes_does_not_end_early
                unknown_bytes_are_none
                bytes_may_come_in_drips_and_with_interruptions
                a_reader_that_fails_leaves_nothing
            ]
            tenants: [
                tenants_see_nothing_of_each_other
                equal_keys_of_two_tenants_have_nothing_to_do_with_each_other
                the_same_bytes_of_two_tenants_are_each_ones_own
            ]
            extremes: [
                text_is_kept_to_the_byte
                a_megabyte_of_text_is_kept_to_the_byte
                a_ticket_as_large_as_the_limits_allow_is_kept
                times_are_kept_to_the_microsecond_in_any_age
                a_microsecond_tells_two_tickets_apart
                names_of_tenants_are_kept_to_the_byte
            ]
            races: [
                increments_through_one_handle_all_count
                increments_through_several_handles_all_count
                of_several_creators_of_a_ticket_exactly_one_wins
                of_two_commits_that_rest_on_each_other_exactly_one_wins
                one_callers_conflict_is_no_other_callers
                a_page_never_shows_half_of_a_commit
            ]
        }
    };
}

/// Turns the list of [`store_tests!`](crate::store_tests) into tests, or into values.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ([@list] $($theme:ident: [$($case:ident)+])+) => {
        &[$($($crate::testing::Case {
            name: stringify!($case),
            run: |harness| $crate::testing::block_on($crate::testing::suite::$theme::$case(harness)),
        },)+)+]
    };
    ([$harness:expr] $($theme:ident: [$($case:ident)+])+) => {
        $($(#[test]
        fn $case() {
            $crate::testing::block_on($crate::testing::suite::$theme::$case(&$harness));
        })+)+
    };
}
