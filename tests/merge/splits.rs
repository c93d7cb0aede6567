//! Splitting, and its undoing.

use ticketcore::{Command, Draft, Refusal, Status, TicketId, Version};

use crate::{everywhere, refusal, refused};

#[test]
fn a_split_takes_messages_to_a_new_ticket_in_one_commit() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mail = place.requester().open(Draft::incident("No mail").description("Since noon")).await.unwrap();
        for text in ["And a second screen, please", "A large one", "The mail is still gone"] {
            place.requester().apply(mail.id, Command::reply(text)).await.unwrap();
        }
        let before = desk.feed(ticketcore::Position(0), 100).await.unwrap().len();
        let draft = Draft::request("A second screen").requester("bo");
        let (mail, screen) = desk.split(mail.id, vec![Version(3), Version(2), Version(3)], draft).await.unwrap();
        let written: Vec<&str> = desk.feed(ticketcore::Position(0), 100).await.unwrap()[before..]
            .iter()
            .map(|one| one.event.name())
            .collect();
        assert_eq!(written, ["split_off", "opened", "absorbed"]);
        assert_eq!((screen.number, screen.status), (2, Status::New));
        assert_eq!(place.read(&mail).await, ["Since noon", "The mail is still gone"]);
        assert_eq!(place.read(&screen).await, ["And a second screen, please", "A large one"]);

        // What is edited where it stands is read wherever it went.
        desk.apply(mail.id, Command::edit(Version(3), "A very large one")).await.unwrap();
        assert_eq!(place.read(&screen).await[1], "A very large one");

        desk.apply(mail.id, Command::Rejoin(screen.id)).await.unwrap();
        assert_eq!(place.read(&mail).await.len(), 4);
        let closed = desk.load(screen.id).await.unwrap();
        assert_eq!((closed.status, closed.dropped, closed.merged), (Status::Closed, true, Some(mail.id)));
        assert_eq!(place.story(&closed).await, ["opened", "absorbed", "released", "merged"]);
        assert_eq!(place.requester().apply(screen.id, Command::reply("Oh")).await.unwrap().id, mail.id);
        assert_eq!(
            refused(desk.apply(screen.id, Command::Unmerge).await),
            format!(
                "invalid input: unmerge: ticket {} was rejoined with ticket {}, which can be split again",
                screen.id, mail.id
            )
        );
    });
}

#[test]
fn a_description_can_be_split_off_and_merged_back_from_wherever_it_went() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mail = desk.open(Draft::incident("No mail").description("And no screen")).await.unwrap();
        desk.apply(mail.id, Command::reply("No mail at all?")).await.unwrap();
        let draft = || Draft::task("Screen");
        let (mail, screen) = desk.split(mail.id, vec![Version(1)], draft()).await.unwrap();
        assert_eq!(
            (place.read(&mail).await, place.read(&screen).await),
            (vec!["No mail at all?".to_owned()], vec!["And no screen".to_owned()])
        );
        desk.apply(screen.id, Command::reply("Which one?")).await.unwrap();
        let kept = refused(desk.apply(mail.id, Command::Rejoin(screen.id)).await);
        assert!(kept.ends_with("has messages of its own by now; merge it instead"), "{kept}");
        desk.apply(screen.id, Command::Merge(mail.id)).await.unwrap();
        assert_eq!(place.read(&mail).await, ["And no screen", "No mail at all?", "Which one?"]);
        let gone = refused(desk.apply(mail.id, Command::Split(vec![Version(1)], Box::new(draft()))).await);
        assert!(gone.ends_with(&format!("message 1 went to ticket {} already", screen.id)), "{gone}");
        desk.apply(screen.id, Command::Unmerge).await.unwrap();
        // And the other way round: the old ticket into the new one.
        desk.apply(mail.id, Command::Merge(screen.id)).await.unwrap();
        assert_eq!(place.read(&screen).await, ["And no screen", "No mail at all?", "Which one?"]);
    });
}

#[test]
fn splits_that_cannot_be_are_refused_with_the_reason() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mail = desk.open(Draft::incident("No mail").description("Since noon")).await.unwrap();
        desk.apply(mail.id, [Command::reply("Really?"), Command::Tag("mail".into())]).await.unwrap();
        let bare = desk.open(Draft::incident("No web")).await.unwrap();
        desk.apply(bare.id, [Command::reply("One"), Command::reply("Two")]).await.unwrap();
        let wiring = || Draft::task("Wiring");
        let refusals = [
            (&mail, vec![], wiring(), "messages: names none to be split off"),
            (&mail, vec![2, 9], wiring(), "message: the ticket has no event at version 9"),
            (&mail, vec![0], wiring(), "message: the ticket has no event at version 0"),
            (&mail, vec![-1], wiring(), "message: the ticket has no event at version -1"),
            (&mail, vec![3], wiring(), "message: `tagged` at version 3 is no message"),
            (&mail, vec![1, 2], wiring(), "messages: nothing would be left of the ticket"),
            (&bare, vec![1], wiring(), "messages: the ticket has no description"),
            (&bare, vec![2, 3], wiring(), "messages: nothing would be left of the ticket"),
            (&mail, vec![2], wiring().once("x"), "draft.once: is for tickets that are opened one by one"),
            (&mail, vec![2], Draft::task(" "), "subject: is empty"),
            (&mail, vec![2], Draft::new("wish", "Wiring"), "kind: `wish` is no kind of this desk"),
        ];
        for (ticket, messages, draft, reason) in refusals {
            let messages: Vec<Version> = messages.into_iter().map(Version).collect();
            let refusal = refused(desk.split(ticket.id, messages, draft).await);
            assert!(refusal.starts_with(&format!("invalid input: {reason}")), "{refusal}");
        }
        let (_, new) = desk.split(bare.id, vec![Version(2)], wiring()).await.unwrap();
        let stranger = refused(desk.apply(mail.id, Command::Rejoin(new.id)).await);
        let reason = format!("invalid input: rejoin: ticket {} was not split off ticket {}", new.id, mail.id);
        assert_eq!(stranger, reason);
        let nobody = TicketId::at(place.desk.now(), 99);
        assert!(refused(desk.apply(mail.id, Command::Rejoin(nobody)).await).contains("was not split off"));
        desk.apply(new.id, Command::Merge(mail.id)).await.unwrap();
        let elsewhere = refusal(desk.apply(bare.id, Command::Rejoin(new.id)).await);
        assert_eq!(elsewhere, Refusal::Merged { id: new.id, into: mail.id });
    });
}

#[test]
fn two_splits_of_one_request_open_two_tickets() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mail = desk.open(Draft::incident("No mail").description("Since noon")).await.unwrap();
        desk.apply(mail.id, [Command::reply("One"), Command::reply("Two")]).await.unwrap();
        let split = |version, subject| Command::Split(vec![Version(version)], Box::new(Draft::task(subject)));
        let mail = desk.apply(mail.id, [split(2, "First"), split(3, "Second")]).await.unwrap();
        let into: Vec<TicketId> = mail.parted.iter().map(|split| split.into).collect();
        assert_eq!(desk.load(into[0]).await.unwrap().subject, "First");
        assert_eq!(place.read(&desk.load(into[1]).await.unwrap()).await, ["Two"]);
    });
}
