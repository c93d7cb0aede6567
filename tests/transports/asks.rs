//! Who may ask what: by all ways alike.

use std::error::Error;

use chrono::TimeDelta;
use serde_json::json;
use ticketcore::config::Grantee;
use ticketcore::secret_link::Purpose;
use ticketcore::testing::{block_on, commands};
use ticketcore::{ActorKind, Capability, Command, Draft};

use crate::forms::{bodies, words};
use crate::programs::Done;
use crate::world::{Answer, Who, World, answered, config, heard, who};

/// T2: commands × roles.
#[test]
fn every_command_is_heard_or_refused_alike_by_every_way() -> Done {
    let world = World::new()?;
    for name in ["agent:ada", "requester:bo", "requester:cy@acme", "requester:eve", "integration:mon"] {
        let who = who(name);
        let desk = world.desk.by(who.actor.clone());
        let count = commands(world.ticket()?.id).count();
        for i in 0..count {
            let (ticket, other) = (world.ticket()?, world.ticket()?);
            let command = commands(other.id).nth(i).ok_or("no command")?;
            let expected = heard(block_on(desk.prepare(ticket.id, command.clone())));
            let (id, to) = (ticket.id.to_string(), other.id.to_string());
            if let Some(words) = words(&command, &id, &to).filter(|_| expected != Answer::Done) {
                assert_eq!(world.tk(&who, &words)?.0, expected, "{name}: {words:?}");
            }
            let body = json!([bodies(other.id)[i]]).to_string();
            let response = world.http(&who, &format!("POST /tickets/{id}/commands"), &body)?;
            assert_eq!(answered(&response)?, expected, "{name}: {body}: {response:?}");
            let after = block_on(world.desk.load(ticket.id))?;
            assert!(expected == Answer::Done || after.version == ticket.version, "{name}: {body} wrote something");
            if let Some(words) = words(&command, &id, &to).filter(|_| expected == Answer::Done) {
                let again = world.ticket()?;
                let id = again.id.to_string();
                let words: Vec<&str> =
                    words.into_iter().map(|word| if word == ticket.id.to_string() { &id } else { word }).collect();
                // The other ticket may be another now, by what the server did with it.
                let repeated = heard(block_on(desk.prepare(again.id, command.clone())));
                assert_eq!(world.tk(&who, &words)?.0, repeated, "{name}: {words:?}");
            }
        }
    }
    Ok(())
}

/// Asks by a line of HTTP and by words, with an id in the place of `ID`; returns what was said, without it.
fn ask(
    world: &World,
    who: &Who,
    line: &str,
    body: &str,
    words: &[&str],
    id: &str,
) -> Result<Vec<String>, Box<dyn Error>> {
    let response = world.http(who, &line.replace("ID", id), &body.replace("ID", id))?;
    assert_eq!(answered(&response)?, Answer::NotFound, "{line} {body}: {response:?}");
    let mut said = vec![response.body.replace(id, "ID")];
    if !words.is_empty() {
        let words: Vec<&str> = words.iter().map(|word| if *word == "ID" { id } else { word }).collect();
        let (answer, text) = world.tk(who, &words)?;
        assert_eq!(answer, Answer::NotFound, "{words:?}: {text}");
        said.push(text.replace(id, "ID"));
    }
    Ok(said)
}

/// T1: what is another tenant's, and what one may not see, is as what is not there.
#[test]
fn a_foreign_id_is_as_one_that_nobody_has_wherever_it_stands() -> Done {
    let world = World::new()?;
    let own = world.ticket()?.reference();
    let elsewhere = world.desk.tenant("elsewhere");
    let foreign = block_on(elsewhere.open(Draft::incident("CANARY elsewhere").requester("bo")))?.id.to_string();
    let nobodys = "019a7f00-0000-7000-8000-00000000abcd";
    let ada = who("agent:ada");
    let commands = format!("POST /tickets/{own}/commands");
    let expires = (world.desk.now() + TimeDelta::days(1)).to_rfc3339();
    let link = json!({ "person": "bo", "purpose": "follow", "expires": expires }).to_string();
    let split = r#"{"messages": [1], "draft": {"kind": "incident", "subject": "x"}}"#;
    let cases: &[(&str, &str, &[&str])] = &[
        ("GET /tickets/ID", "", &["show", "ID"]),
        ("GET /tickets/ID/history", "", &["history", "ID"]),
        ("GET /tickets/ID/moves", "", &["moves", "ID"]),
        ("GET /tickets/ID/clocks", "", &["clocks", "ID"]),
        ("GET /tickets/ID/clocks?explain=x", "", &["explain", "ID", "x"]),
        ("GET /tickets/ID/conversation", "", &["conversation", "ID"]),
        ("GET /tickets/ID/follow", "", &["follow", "ID"]),
        ("GET /tickets/ID/similar", "", &["similar", "ID"]),
        ("GET /articles/ID", "", &["article", "show", "ID"]),
        ("GET /articles/ID/editions", "", &["article", "diff", "ID"]),
        ("POST /tickets/ID/commands", r#"[{"tag": "x"}]"#, &["tag", "ID", "x"]),
        ("POST /tickets/ID/split", split, &["split", "ID", "1", "x"]),
        ("POST /tickets/ID/instantiate", r#"{"template": "x"}"#, &["instantiate", "ID", "x"]),
        ("POST /tickets/ID/links", &link, &["grant", "ID", "--for", "bo", "--until", &expires]),
        (&commands, r#"[{"link": {"kind": "blocks", "to": "ID"}}]"#, &["link", &own, "blocks", "ID"]),
        (&commands, r#"[{"merge": "ID"}]"#, &["merge", &own, "ID"]),
    ];
    let before = world.log()?;
    for (line, body, words) in cases {
        let [one, other] = [foreign.as_str(), nobodys].map(|id| ask(&world, &ada, line, body, words, id));
        assert_eq!(one?, other?, "{line} {body}");
    }
    // Nor can a stranger tell a ticket from none.
    let (eve, hers) = (who("requester:eve"), block_on(world.desk.number(1))?.ok_or("no ticket")?.id.to_string());
    for (line, body, words) in cases.iter().filter(|(line, ..)| line.contains("ID")) {
        let [one, other] = [hers.as_str(), nobodys].map(|id| ask(&world, &eve, line, body, words, id));
        assert_eq!(one?, other?, "{line} {body}");
    }

    // A link of another tenant, and a name.
    let id = foreign.parse()?;
    let link = block_on(elsewhere.grant_link(id, "bo", Purpose::Follow, elsewhere.now() + TimeDelta::days(1)))?.text();
    assert_eq!(heard(block_on(world.desk.follow_link(&link))), Answer::NotFound);
    for (line, body) in [("GET /follow/LINK", ""), ("POST /rate/LINK", r#"{"score": 5}"#), ("DELETE /links/LINK", "")] {
        let [one, other] = [link.as_str(), "nothing"].map(|link| world.http(&ada, &line.replace("LINK", link), body));
        let (one, other) = (one?, other?);
        assert_eq!((one.status, &one.body), (404, &other.body), "{line}");
    }
    let refused = world.scratch.tk(&["follow", "--link", &link])?;
    assert_eq!((refused.status.code(), &*refused.stderr), (Some(1), &b"tk: the link is not valid\n"[..]));
    let person = ticketcore::directory::Person::new("zoe", ticketcore::ActorKind::Agent, "CANARY");
    block_on(elsewhere.put_person(person, None))?;
    assert_eq!(world.http(&ada, "GET /people/zoe", "")?.status, 404);
    assert!(!world.server.log()?.contains("CANARY"));
    assert_eq!(world.log()?, before, "nothing was written");
    Ok(())
}

/// T3: what a customer does not see they cannot ask about.
#[test]
fn a_hidden_filter_is_refused_by_name_and_hidden_words_find_nothing() -> Done {
    let world = World::new()?;
    let ticket = world.ticket()?;
    block_on(world.desk.apply(ticket.id, [Command::note("nuisance"), Command::reply("Hello")]))?;
    let bo = who("requester:bo");
    let desk = world.desk.by(bo.actor.clone());
    let asked = [
        ("team:x", "teams"),
        ("queue:x", "queues"),
        ("tag:x", "tags"),
        ("assignee:none", "assignee"),
        ("sort:due", "rank"),
        ("sort:-updated", "updated"),
        // Nor by saying it of what must not be, or deep within.
        ("not team:x", "teams"),
        ("mail or (kind:task -(state:new))", "states"),
        ("priority>=high", "priorities"),
        ("is:acked", "flags"),
        ("has:team", "has"),
        ("messages>1", "counts"),
        ("sla:breached", "promises"),
        ("is:blocked", "linked"),
        ("status was open", "past"),
        ("due<2h", "due"),
        ("field.margin:1", "fields.margin"),
    ];
    for (text, what) in asked {
        let query = block_on(desk.question(text))?;
        let expected = heard(block_on(desk.find(&query)));
        assert_eq!(expected, Answer::Hidden(what.to_owned()), "{text}");
        assert_eq!(answered(&world.asked(&bo, text)?)?, expected, "{text}");
        assert_eq!(world.tk(&bo, &["list", text])?.0, expected, "{text}");
    }
    for (word, found) in [("nuisance", 0), ("hello", 1)] {
        let page = world.http(&bo, &format!("GET /tickets?q={word}"), "")?.json()?;
        assert_eq!(page["tickets"].as_array().map(Vec::len), Some(found), "{word}");
        let output = world.scratch.tk(&["--as", bo.name, "list", word])?;
        assert_eq!(String::from_utf8(output.stdout)?.contains("No mail"), found == 1, "{word}");
    }
    // Nor is what the desk did told by what one's own ticket looks like.
    let seen = world.http(&bo, "GET /tickets/1", "")?;
    assert_eq!(seen.header("etag"), None);
    let seen = seen.json()?;
    for name in ["version", "priority", "impact", "level", "state", "workflow"] {
        assert!(seen.get(name).is_none(), "{name}: {seen}");
    }
    for (path, capability) in [
        ("/tickets/1/history", "read"),
        ("/tickets/1/clocks", "read"),
        ("/people", "consult"),
        ("/people/ada", "consult"),
        ("/teams", "consult"),
        ("/organisations", "consult"),
        ("/verify", "read"),
        ("/checkpoint", "read"),
    ] {
        let response = world.http(&bo, &format!("GET {path}"), "")?;
        assert_eq!(answered(&response)?, Answer::Forbidden(capability.to_owned()), "{path}");
    }
    for (words, capability) in [
        (&["history", "1"][..], "read"),
        (&["people"], "consult"),
        (&["teams"], "consult"),
        (&["person", "put", "bo", "--name", "Boss"], "direct"),
        (&["verify"], "read"),
        (&["checkpoint"], "read"),
        (&["bulk", "--", "tag", "x"], "read"),
    ] {
        assert_eq!(world.tk(&bo, words)?.0, Answer::Forbidden(capability.to_owned()), "{words:?}");
    }
    Ok(())
}

/// T4: a right that was taken away is gone with the next call.
#[test]
fn a_right_that_is_taken_away_is_gone_by_every_way() -> Done {
    let world = World::new()?;
    let (ticket, ada) = (world.ticket()?, who("agent:ada"));
    let id = ticket.id.to_string();
    let line = format!("POST /tickets/{id}/commands");
    let by_all = || -> Result<[Answer; 3], Box<dyn Error>> {
        Ok([
            heard(block_on(world.desk.by(ada.actor.clone()).apply(ticket.id, Command::reply("Hello")))),
            world.tk(&ada, &["comment", &id, "Hello"])?.0,
            answered(&world.http(&ada, &line, r#"[{"reply": "Hello"}]"#)?)?,
        ])
    };
    assert_eq!(by_all()?, [Answer::Done, Answer::Done, Answer::Done]);
    let mut config = config();
    let agents = Grantee::Actor(ActorKind::Agent);
    for grant in config.rights.grants.iter_mut().filter(|grant| grant.to == agents) {
        grant.may = grant.may.without(Capability::Reply);
    }
    block_on(world.desk.publish(config))?;
    let before = world.log()?;
    let reply = || Answer::Forbidden("reply".to_owned());
    assert_eq!(by_all()?, [reply(), reply(), reply()]);
    assert_eq!(world.log()?, before, "nothing was written");
    Ok(())
}

/// The same question finds the same tickets, and what is wrong with one is said in the same words.
#[test]
fn a_question_has_the_same_answer_by_every_way() -> Done {
    let world = World::new()?;
    let ada = who("agent:ada");
    let desk = world.desk.by(ada.actor.clone());
    for (subject, team) in [("The disk is full", "db"), ("Disk quota", "apps"), ("No mail", "db")] {
        block_on(desk.open(Draft::incident(subject).team(team).field("site", "Novi Sad").requester("bo")))?;
    }
    block_on(desk.apply(block_on(desk.number(1))?.ok_or("no ticket")?.id, Command::assign("ada")))?;
    let mut found = Vec::new();
    for text in [
        "",
        "disk sort:number",
        "assignee:me",
        "field.site:\"Novi Sad\" -\"disk is full\" sort:-number",
        "team:db (disk or number:3) sort:number",
        "created>-7d due<30d priority<=high sort:due",
        "assignee changed from none to me by ada after -1h",
        "status:closed",
    ] {
        let page = block_on(async { desk.find(&desk.question(text).await?).await })?;
        let numbers: Vec<i64> = page.tickets.iter().map(|ticket| ticket.number).collect();
        let of = |answer: &serde_json::Value| -> Vec<i64> {
            answer["tickets"].as_array().into_iter().flatten().filter_map(|one| one["number"].as_i64()).collect()
        };
        assert_eq!(of(&world.asked(&ada, text)?.json()?), numbers, "{text}");
        // Without an order the command line has another, and none of these is closed.
        let output = world.scratch.tk(&["--as", ada.name, "--json", "list", "--all", text])?;
        let mut listed = of(&serde_json::from_slice(&output.stdout)?);
        if !text.contains("sort:") {
            listed.sort_unstable_by(|one, other| other.cmp(one));
        }
        assert_eq!(listed, numbers, "{text}");
        found.push(numbers.len());
    }
    assert_eq!(found, [3, 2, 1, 2, 2, 3, 1, 0]);
    for (text, said) in [
        ("asignee:me", "unknown field `asignee`, did you mean `assignee`?"),
        ("a created:2026-02-30", "there is no 2026-02-30"),
        ("(disk", "this parenthesis is never closed"),
        ("kind:incidnet", "unknown kind `incidnet`, did you mean `incident`?"),
    ] {
        let Err(ticketcore::Error::Misread(misread)) = block_on(desk.question(text)) else {
            return Err(format!("{text} is read").into());
        };
        assert!(misread.wrongs.len() == 1 && misread.wrongs[0].what.contains(said), "{text}: {misread:?}");
        let problem = world.asked(&ada, text)?;
        assert_eq!(problem.status, 400, "{problem:?}");
        let told = &problem.json()?["places"][0];
        assert_eq!(told["problem"], misread.wrongs[0].what.as_str(), "{problem:?}");
        assert_eq!(told["from"], misread.wrongs[0].at.start, "{problem:?}");
        let output = world.scratch.tk(&["list", text])?;
        assert_eq!(output.status.code(), Some(2));
        let printed = String::from_utf8(output.stderr)?;
        assert!(printed.contains(&misread.to_string()), "with the mark below: {printed}");
    }
    Ok(())
}
