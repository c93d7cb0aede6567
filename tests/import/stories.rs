//! Rows become what the desk itself could have recorded.

use ticketcore::event::Said;
use ticketcore::testing::block_on;
use ticketcore::{Channel, Event, Filter, Order, Priority, Query, Status, Value, Visibility};

use crate::{at, desk, mapping, sound, told};

#[test]
fn a_log_becomes_what_happened_with_its_own_times_and_authors() {
    let desk = desk();
    let file = "id,changed,by,state,title\n\
                7,2016-03-01 09:00,ada,N,No net\n\
                8,2016-03-01 09:30,eve,O,No mail\n\
                7,2016-03-01 10:00,eve,O,No net at all\n\
                7,2016-03-01 10:00,eve,O,No net at all\n\
                7,2016-03-02 11:00,-,R,No net at all\n\
                7,2016-03-05 12:00,ada,C,No net at all\n";
    let plan = sound(&desk, &mapping(""), file);
    assert_eq!(
        plan.stories.iter().map(|story| (story.external.as_str(), story.line)).collect::<Vec<_>>(),
        [("7", 2), ("8", 3)]
    );
    let facts: Vec<_> =
        plan.stories[0].facts.iter().map(|fact| (fact.at, fact.by.id.as_str(), fact.event.name())).collect();
    assert_eq!(
        facts,
        [
            (at("2016-03-01T09:00"), "ada", "opened"),
            (at("2016-03-01T10:00"), "eve", "renamed"),
            (at("2016-03-01T10:00"), "eve", "moved"),
            (at("2016-03-02T11:00"), "old desk", "moved"),
            (at("2016-03-05T12:00"), "ada", "moved"),
        ]
    );
    assert_eq!(plan.bent.silent, 1);
    block_on(async {
        let imported = desk.import(&plan).run().await.unwrap();
        assert_eq!((imported.tickets, imported.events, imported.unchanged), (2, 6, 0));
        let tickets = desk.find(&Query::new(Filter::all()).order(Order::oldest())).await.unwrap().tickets;
        let ticket = &tickets[0];
        assert_eq!(
            (ticket.number, ticket.external.as_deref(), ticket.subject.as_str()),
            (1, Some("7"), "No net at all")
        );
        assert_eq!((ticket.created, ticket.updated), (at("2016-03-01T09:00"), at("2016-03-05T12:00")));
        assert_eq!((ticket.resolved, ticket.closed), (Some(at("2016-03-02T11:00")), Some(at("2016-03-05T12:00"))));
        assert_eq!((tickets[1].status, tickets[1].created), (Status::Open, at("2016-03-01T09:30")));
    });
}

#[test]
fn moves_are_called_as_in_the_workflow_and_others_by_where_they_lead() {
    let file = "id,changed,by,state,title\n\
                7,2016-03-01 09:00,ada,N,x\n\
                7,2016-03-01 10:00,ada,O,x\n\
                7,2016-03-01 11:00,ada,N,x\n";
    let plan = sound(&desk(), &mapping(""), file);
    assert_eq!(
        told(&plan),
        ["01 09:00 ada: opened new", "01 10:00 ada: start new -> open", "01 11:00 ada: new open -> new"]
    );
}

#[test]
fn everything_that_can_be_mapped_is() {
    let mapping = mapping(
        r#"
        opened = { at = "created", by = "creator" }
        author = { column = "by", otherwise = "old desk", opener = "requester" }
        description = "text"
        channel = { column = "via", values = { M = "mail", T = "phone" }, otherwise = "web" }
        requester = "who"
        organisation = "firm"
        assignee = "agent"
        team = "team"
        queue = { always = "desk" }
        category = { column = "cat", values = { "1" = "network" }, otherwise = "other" }
        impact = "impact"
        urgency = "urgency"
        priority = { column = "prio", values = { high = "p1", mid = "p3" } }
        tags = { columns = ["tags"], separator = ";", always = ["imported"] }
        fields = { size = "size", vip = "vip", due = "due" }
        messages = [{ column = "note", visibility = "internal" }, { column = "mail", visibility = "public" }]
        ignore = ["rest"]
        "#,
    );
    let file = "\
id,changed,by,state,title,created,creator,text,via,who,firm,agent,team,cat,impact,urgency,prio,tags,size,vip,due,note,mail,rest
7,2016-03-01 09:10,ada,N,x,2016-03-01 09:00,bo,\"Since
noon\",M,bo,acme,ada,net,1,2,2,mid,a;b,3,TRUE,2016-04-01 12:00,,,?
7,2016-03-01 10:00,eve,N,x,2016-03-01 09:00,bo,later,M,cy,-,eve,db,9,1,2,high,b; c ,-,false,-,Looking,,?
7,2016-03-01 11:00,eve,N,x,2016-03-01 09:00,bo,later,M,cy,-,eve,db,9,1,2,-,b;c,-,false,-,Looking,On my way,?
";
    let desk = desk();
    let plan = sound(&desk, &mapping, file);
    assert!(plan.unmapped.is_empty(), "{:?}", plan.unmapped);
    let facts = &plan.stories[0].facts;
    let Event::Opened(opened) = &facts[0].event else { panic!("{facts:?}") };
    assert_eq!(facts[0].text.as_deref(), Some("Since\nnoon"));
    assert_eq!(
        (facts[0].at, facts[0].by.id.as_str(), facts[0].by.kind.as_str()),
        (at("2016-03-01T09:00"), "bo", "requester")
    );
    assert_eq!((opened.channel, opened.organisation.as_ref().unwrap().as_str()), (Channel::Mail, "acme"));
    assert_eq!(opened.tags, ["a", "b", "imported"]);
    assert_eq!(opened.priority, Priority::P3);
    assert_eq!(opened.fields.get("due"), Some(&Value::from("2016-04-01T12:00:00Z")));
    assert_eq!((opened.fields.get("size"), opened.fields.get("vip")), (Some(&Value::Int(3)), Some(&Value::Bool(true))));
    let named: Vec<&str> = facts[1..].iter().map(|fact| fact.event.name()).collect();
    let second = [
        "requester_changed",
        "organisation_changed",
        "categorised",
        "team_assigned",
        "assigned",
        "rated",
        "prioritised",
        "untagged",
        "tagged",
        "field_set",
        "field_set",
        "field_set",
        "said",
    ];
    let expected: Vec<&str> = second.into_iter().chain(["priority_restored", "said"]).collect();
    assert_eq!(named, expected);
    let said = |fact: &ticketcore::event::Fact| match &fact.event {
        Event::Said(Said { visibility, automatic: false, .. }) => Some((*visibility, fact.text.clone().unwrap())),
        _ => None,
    };
    let said: Vec<_> = facts.iter().filter_map(said).collect();
    assert_eq!(said, [(Visibility::Internal, "Looking".to_owned()), (Visibility::Public, "On my way".to_owned())]);
    block_on(async {
        desk.import(&plan).run().await.unwrap();
        let ticket = desk.find(&Query::new(Filter::all())).await.unwrap().tickets.remove(0);
        assert_eq!(ticket.responded, Some(at("2016-03-01T11:00")));
        assert_eq!((ticket.priority(), ticket.reassigns), (Priority::P2, 2));
        assert!(ticket.tags.contains("c") && !ticket.tags.contains("a"));
        assert!(desk.verify_import(&plan, |_| ()).await.unwrap().is_equal());
    });
}

const TIMES: &str = r#"
opened = { at = "opened" }
state = { column = "state", initial = "new", values = { N = "new", O = "open", R = "resolved", C = "closed" }, at = { resolved = "solved", closed = "closed" } }
"#;

#[test]
fn a_state_is_reached_when_its_column_says_and_only_for_the_last_time() {
    let file = "id,opened,changed,by,state,title,solved,closed\n\
                7,2016-03-01 08:00,2016-03-01 09:00,ada,O,x,2016-03-03 10:00,2016-03-09 12:00\n\
                7,2016-03-01 08:00,2016-03-01 10:00,ada,R,x,2016-03-03 10:00,2016-03-09 12:00\n\
                7,2016-03-01 08:00,2016-03-02 09:00,eve,O,x,2016-03-03 10:00,2016-03-09 12:00\n\
                7,2016-03-01 08:00,2016-03-03 09:00,eve,R,x,2016-03-03 10:00,2016-03-09 12:00\n\
                7,2016-03-01 08:00,2016-03-09 12:00,eve,C,x,2016-03-03 10:00,2016-03-09 12:00\n";
    let plan = sound(&desk(), &mapping(TIMES), file);
    let expected = [
        "01 08:00 ada: opened open",
        "01 10:00 ada: resolve open -> resolved",
        "02 09:00 eve: reopen resolved -> open",
        "03 10:00 eve: resolve open -> resolved",
        "09 12:00 eve: close resolved -> closed",
    ];
    assert_eq!(told(&plan), expected);
    assert_eq!(plan.bent.elsewhen, 1);
}

#[test]
fn a_list_of_tickets_gives_each_the_course_that_its_columns_tell() {
    let mapping = mapping(&format!("rows = \"tickets\"\n{TIMES}"));
    let desk = desk();
    let file = "id,opened,changed,by,state,title,solved,closed\n\
                1,2016-03-01 08:00,2016-03-09 12:00,ada,C,done,2016-03-03 10:00,2016-03-09 12:00\n\
                2,2016-03-01 08:00,2016-03-01 12:00,ada,O,open,-,-\n\
                3,2016-03-01 08:00,2016-03-04 12:00,ada,R,solved,2016-03-03 10:00,-\n\
                4,2016-03-01 08:00,2016-03-09 12:00,ada,C,never solved,-,2016-03-09 12:00\n";
    let plan = sound(&desk, &mapping, file);
    let of = |external: &str| {
        let story = plan.stories.iter().find(|story| story.external == external).unwrap();
        told(&ticketcore::import::Plan { stories: vec![story.clone()], ..Default::default() })
    };
    assert_eq!(
        of("1"),
        ["01 08:00 ada: opened new", "03 10:00 ada: resolve new -> resolved", "09 12:00 ada: close resolved -> closed"]
    );
    assert_eq!(of("2"), ["01 08:00 ada: opened open"]);
    assert_eq!(of("3"), ["01 08:00 ada: opened new", "03 10:00 ada: resolve new -> resolved"]);
    assert_eq!(of("4"), ["01 08:00 ada: opened new", "09 12:00 ada: closed new -> closed"]);
}

#[test]
fn rows_that_step_back_follow_the_file_or_the_times_as_the_mapping_says() {
    let file = "id,changed,by,state,title\n\
                7,2016-03-01 09:00,ada,N,a\n\
                7,2016-03-01 11:00,ada,N,b\n\
                7,2016-03-01 10:00,eve,O,c\n";
    let by_file = sound(&desk(), &mapping("order = \"file\""), file);
    assert_eq!(
        told(&by_file)[1..],
        ["01 10:00 ada: renamed", "01 10:00 eve: renamed", "01 10:00 eve: start new -> open"]
    );
    assert_eq!(by_file.bent.back, 1);
    let by_time = sound(&desk(), &mapping("order = \"time\""), file);
    assert_eq!(
        told(&by_time)[1..],
        [
            "01 10:00 eve: renamed",
            "01 10:00 eve: start new -> open",
            "01 11:00 ada: renamed",
            "01 11:00 ada: new open -> new"
        ]
    );
    assert_eq!((by_time.bent.back, by_time.profile.back_in_time), (0, 1));
}

#[test]
fn civil_times_are_of_their_zone_and_odd_ones_are_counted() {
    let zone = "time = { format = \"%d.%m.%Y %H:%M\", zone = \"Europe/Berlin\" }";
    let file = "id,changed,by,state,title\n\
                1,27.03.2016 02:30,ada,N,skipped\n\
                2,30.10.2016 02:30,ada,N,twice\n";
    let plan = sound(&desk(), &mapping(zone), file);
    let times: Vec<_> = plan.stories.iter().map(|story| story.facts[0].at).collect();
    assert_eq!(times, [at("2016-03-27T01:00"), at("2016-10-30T00:30")]);
    assert_eq!((plan.bent.skipped, plan.bent.repeated), (1, 1));
}

#[test]
fn a_mark_of_the_byte_order_other_delimiters_and_line_ends_are_no_matter() {
    let file = "\u{feff}id;changed;by;state;title\r\n7;2016-03-01 09:00;ada;N;\"a; \"\"b\"\"\"\r\n";
    let plan = sound(&desk(), &mapping("delimiter = \";\""), file);
    let Event::Opened(opened) = &plan.stories[0].facts[0].event else { panic!() };
    assert_eq!(opened.subject, "a; \"b\"");
}

#[test]
fn a_plan_tells_what_is_in_the_file_and_what_of_it_means_nothing() {
    let file = "id,changed,by,state,title,score,rest\n\
                7,2016-03-01 09:00,ada,N,x,1,-\n\
                7,2016-03-01 11:00,ada,O,x,3,-\n\
                8,2016-03-01 10:00,eve,N,x,8,y\n";
    let plan = sound(&desk(), &mapping("together = [[\"by\", \"state\"]]"), file);
    assert_eq!(plan.unmapped, ["score", "rest"]);
    let profile = &plan.profile;
    assert_eq!((profile.rows, profile.tickets, profile.transitions["N -> O"]), (3, 2, 1));
    assert_eq!(profile.hours_in_state["N"], 2.0);
    let score = profile.column("score").unwrap();
    let (all, last) = (score.rows.numbers.unwrap(), score.last.numbers.unwrap());
    assert_eq!((all.n, all.sum, all.mean, all.min, all.max), (3, 12.0, 4.0, 1.0, 8.0));
    assert!((all.deviation - 13.0_f64.sqrt()).abs() < 1e-12);
    assert_eq!((last.n, last.sum), (2, 11.0));
    assert_eq!(
        (profile.column("rest").unwrap().rows.missing, profile.column("rest").unwrap().rows.distinct()),
        (2, Some(2))
    );
    assert_eq!((profile.together[0].rows["ada|N"], profile.together[0].last.get("ada|N")), (1, None));
    let text = plan.to_string();
    for line in [
        "3 rows of 2 tickets",
        "score means nothing: map it, or name it under `ignore`",
        "  changed is at\n",
        "2  opened",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
