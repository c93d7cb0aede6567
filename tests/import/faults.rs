//! Everything that is wrong is named with its place, and then nothing is imported.

use ticketcore::import::Mapping;
use ticketcore::testing::block_on;
use ticketcore::{Error, Position};

use crate::{desk, mapping, plan};

const HEAD: &str = "id,changed,by,state,title\n";
const GOOD: &str = "1,2016-03-01 09:00,ada,N,x\n";

/// What is said of a file, each fault a line.
fn said(mapping: &Mapping, file: impl AsRef<[u8]>) -> Vec<String> {
    let desk = desk();
    let plan = plan(&desk, mapping, file);
    assert_eq!(plan.is_sound(), plan.faults.is_empty());
    if !plan.is_sound() {
        let refused = block_on(desk.import(&plan).run()).unwrap_err();
        assert!(matches!(refused, Error::Refused(_)), "{refused}");
    }
    assert_eq!(block_on(desk.store().feed(Position(0), 10)).unwrap(), [], "nothing is half imported");
    plan.faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(row: &str, expected: &[&str]) {
    assert_eq!(said(&mapping(""), format!("{HEAD}{GOOD}{row}")), expected);
}

#[test]
fn rows_that_are_none() {
    says("2,2016-03-01 09:00,ada,N\n", &["line 3: has 4 cells, the headings are 5"]);
    says("2,2016-03-01 09:00,ada,N,x,y\n", &["line 3: has 6 cells, the headings are 5"]);
    let open = "line 3: has a quote that is not closed: it goes on to the end of the file";
    says("2,2016-03-01 09:00,ada,N,\"x\n3,2016-03-01 09:00,ada,N,y\n", &[open]);
    says(
        "2,2016-03-01 09:00,\"ada,N,x\n3,2016-03-01 09:00,ada,N,y\n",
        &["line 3: has 3 cells, the headings are 5", open],
    );
    says("2,2016-03-01 09:00,ada,N,\"x\ny\"\n", &[]);
    says("\n\n2,2016-03-01 09:00,ada,N\n", &["line 5: has 4 cells, the headings are 5"]);
    says(
        ",2016-03-01 09:00,ada,N,x\n",
        &["line 3, column `id`: is empty, so it is not known which ticket the row is of"],
    );
}

#[test]
fn times_that_are_none() {
    let at = "line 3, column `changed`: ";
    says("2,2016-02-30 09:00,ada,N,x\n", &[&format!("{at}`2016-02-30 09:00` does not exist")]);
    says("2,2015-02-29 09:00,ada,N,x\n", &[&format!("{at}`2015-02-29 09:00` does not exist")]);
    says("2,01.03.2016 09:00,ada,N,x\n", &[&format!("{at}`01.03.2016 09:00` is no time as `%Y-%m-%d %H:%M` has it")]);
    says("2,-,ada,N,x\n", &[&format!("{at}is missing, and every row needs its time")]);
    says("2,2027-03-01 09:00,ada,N,x\n", &["line 3: has a time that is yet to come"]);
}

#[test]
fn values_that_are_none() {
    says(
        "2,2016-03-01 09:00,ada,X,x\n",
        &["line 3, column `state`: `X` is not mapped; `state.values` has: C, N, O, R"],
    );
    says("2,2016-03-01 09:00,ada,-,x\n", &["line 3, column `state`: is missing, and every row needs its state"]);
    says("2,2016-03-01 09:00,ada,N,-\n", &["line 3, column `title`: is missing, and every ticket needs a subject"]);
    let long = "x".repeat(129);
    says(
        &format!("2,2016-03-01 09:00,{long},N,x\n"),
        &[&format!(
            "line 3, column `by`: `{}…` needs 1 to 128 bytes, no control character and no blank at either end",
            &long[..60]
        )],
    );
    says(
        &format!("2,2016-03-01 09:00,ada,N,{}\n", "x".repeat(2000)),
        &[&format!(
            "line 3, column `title`: has 2000 bytes, the limit is {}",
            ticketcore::Config::default().limits.subject
        )],
    );
    // Every fault of a row, and of every row.
    let many = said(&mapping(""), format!("{HEAD}1,nil,ada,X,x\n2,nil,ada,N,-\n"));
    assert_eq!(many.len(), 3, "{many:?}");
    let fields = mapping("fields = { size = \"by\", vip = \"title\" }\nimpact = \"title\"");
    let wrong = said(&fields, format!("{HEAD}1,2016-03-01 09:00,ada,N,9\n"));
    assert_eq!(wrong, ["line 2: impact 9 and urgency 2 are not both in the desk's matrix",]);
    let fields = mapping("fields = { size = \"by\", vip = \"title\" }");
    let wrong = said(&fields, format!("{HEAD}1,2016-03-01 09:00,ada,N,yes\n"));
    assert_eq!(
        wrong,
        ["line 2, column `by`: `ada`: expects a whole number", "line 2, column `title`: `yes`: expects true or false"]
    );
}

#[test]
fn bytes_that_are_no_text() {
    let mut latin = format!("{HEAD}{GOOD}2,2016-03-01 09:00,ada,N,Stra").into_bytes();
    latin.extend([0xdf, b'e', b'\n']);
    assert_eq!(said(&mapping(""), latin), ["line 3, column `title`: `Stra\u{fffd}e` is not UTF-8: byte 0xdf at 4"]);
    assert_eq!(
        said(&mapping(""), format!("{HEAD}1,2016-03-01 09:00,ada,N,a\0b\n")),
        ["line 2, column `title`: `a\u{fffd}b` holds a NUL character"]
    );
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEAD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(said(&mapping(""), utf16), ["line 1: is UTF-16; save the file as UTF-8"]);
}

#[test]
fn an_order_that_is_none() {
    says(
        "1,2016-03-01 08:00,ada,N,x\n",
        &["line 2, column `changed`: is later than the row of the same ticket in line 3"],
    );
    let opened = mapping("opened = { at = \"title\" }");
    assert_eq!(
        said(&opened, format!("{HEAD}1,2016-03-01 09:00,ada,N,2016-03-01 10:00\n")),
        ["line 2, column `changed`: is before the opening of the ticket"]
    );
    let closed = mapping(
        "state = { column = \"state\", initial = \"new\", values = { N = \"new\", R = \"resolved\" }, at = { resolved = \"title\" } }\nsubject = \"by\"",
    );
    let file = format!("{HEAD}1,2016-03-01 09:00,ada,N,-\n1,2016-03-02 09:00,ada,R,2016-02-01 00:00\n");
    assert_eq!(said(&closed, file), ["line 3: the time of `resolved` is out of order with the opening"]);
}

#[test]
fn tickets_that_are_there_twice() {
    let tickets = mapping("rows = \"tickets\"");
    assert_eq!(
        said(&tickets, format!("{HEAD}{GOOD}{GOOD}")),
        ["line 3, column `id`: ticket `1` is there twice: in line 2 as well"]
    );
}

#[test]
fn files_that_are_none() {
    assert_eq!(said(&mapping(""), ""), ["line 1: is not there: the file is empty and needs a line of headings"]);
    assert_eq!(said(&mapping(""), "id,changed,by,state,by\n"), ["line 1, column `by`: is there twice"]);
    assert_eq!(
        said(&mapping("team = \"group\""), "ID,changed,by,state,title\n"),
        [
            "line 1: there is no column `id` (`id` of the mapping); there is `ID`",
            "line 1: there is no column `group` (`team` of the mapping)"
        ]
        .map(str::to_owned)
        .to_vec()
    );
    assert_eq!(said(&mapping(""), HEAD), Vec::<String>::new(), "a file may have no rows");
}

#[test]
fn mappings_that_are_none() {
    let faults = |more: &str| said(&mapping(more), format!("{HEAD}{GOOD}"));
    for (more, expected) in [
        (
            "time = { format = \"%Y-%m-%d %H:%M\" }",
            "mapping.time.zone: is not named, and the format has no offset: a time without either is no instant",
        ),
        ("time = { format = \"%Q\", zone = \"UTC\" }", "mapping.time.format: `%Q` is no format of `strftime`"),
        (
            "source = \"a/b\"",
            "mapping.source: needs 1 to 128 bytes, no slash, no control character, no blank at an end",
        ),
        ("delimiter = \"a\"", "mapping.delimiter: is no character that can stand between two cells"),
        ("kind = \"wish\"", "mapping.kind: `wish` is no kind of this desk; known: alert, "),
        (
            "fields = { colour = \"title\" }",
            "mapping.fields.colour: `colour` is no field of this desk; known: due, size, vip",
        ),
        ("team = { values = { a = \"b\" } }", "mapping.team: names neither a `column` nor what it `always` is"),
        ("team = { column = \"by\", always = \"b\" }", "mapping.team: names a `column` and what it `always` is"),
        ("team = { column = \"by\", otherwise = \"b\" }", "mapping.team: has `otherwise` and no `values`"),
        (
            "impact = { column = \"by\", values = { a = \"high\" } }",
            "mapping.impact.values.a: `high` is no level; expected 1, the highest, to 9",
        ),
        ("priority = { always = \"urgent\" }", "mapping.priority.always: `urgent` is no priority; expected p1 to p9"),
        (
            "channel = { always = \"fax\" }",
            "mapping.channel.always: `fax` is no channel; known: mail, phone, web, chat, api, monitor",
        ),
        ("fields = { size = { always = \"big\" } }", "mapping.fields.size.always: `big`: expects a whole number"),
        ("together = [[\"by\"]]", "mapping.together[0]: names fewer than two columns"),
        (
            "state = { column = \"state\", initial = \"begun\", values = { N = \"nowhere\" }, at = { solved = \"by\" } }",
            "mapping.state.values.N: `nowhere` is no state of workflow `incident`; known: new, ",
        ),
        (
            "state = { column = \"state\", initial = \"resolved\" }",
            "mapping.state.initial: is not open: what is opened resolved was never resolved",
        ),
    ] {
        let faults = faults(more);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{more}: {faults:?}");
    }
    let three = faults(
        "state = { column = \"state\", initial = \"begun\", values = { N = \"nowhere\" }, at = { solved = \"by\" } }",
    );
    assert_eq!(three.len(), 3, "every fault is named: {three:?}");
}

#[test]
fn what_a_mapping_does_not_know_is_a_slip() {
    let read = |text: &str| toml::from_str::<Mapping>(&format!("{}\n{text}", crate::LOG)).unwrap_err().to_string();
    assert!(read("asignee = \"x\"").contains("unknown field `asignee`"), "{}", read("asignee = \"x\""));
    assert!(read("team = { colum = \"x\" }").contains("unknown field `colum`"));
    assert!(read("team = 3").contains("expected the name of a column, or a table with `column` or `always`"));
    assert!(read("order = \"any\"").contains("unknown variant `any`"));
}

#[test]
fn of_very_many_faults_some_are_told_and_all_are_counted() {
    let rows: String = (0..500).map(|i| format!("{i},nil,ada,N,x\n")).collect();
    let plan = plan(&desk(), &mapping(""), format!("{HEAD}{rows}"));
    assert_eq!((plan.faults.len(), plan.faulty), (100, 500));
    assert!(plan.to_string().ends_with("… 500 faults in all\n"));
}
