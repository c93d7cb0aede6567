//! Stores that cannot be opened say why.

use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::PostgresStore;

use crate::cluster::{Cluster, Database, How};
use crate::{connect, open, says};

#[test]
fn an_address_that_leads_nowhere_says_where_it_fails() {
    for (url, words) in [
        ("nonsense", &["the address is not one"][..]),
        ("postgres://localhost:1/desk", &["no connection to the server"]),
    ] {
        says(block_on(PostgresStore::connect(url)), words);
    }
    let Some(database) = Database::new() else { return };
    says(connect(&database.address.clone().database("nowhere")), &["no such database", "nowhere"]);
    says(connect(&database.address.clone().username("nobody_at_all")), &["does not let this role in", "nobody_at_all"]);
}

#[test]
fn a_wrong_password_is_told_so() {
    let Some(server) = Cluster::new("") else { return };
    server.execute("create role scrammed login superuser password 'right'");
    server.stop(How::Fast);
    let hba = server.directory().join("data/pg_hba.conf");
    let others = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, format!("local all scrammed scram-sha-256\n{others}")).unwrap();
    server.restart();
    let address = server.address().username("scrammed");
    says(connect(&address.clone().password("wrong")), &["does not let this role in", "scrammed"]);
    says(connect(&address), &["does not let this role in"]);
    assert_eq!(open(&connect(&address.password("right")).unwrap(), &Clerk::new(1)).unwrap(), 1);
}

#[test]
fn a_role_without_rights_is_told_so_and_one_with_rights_on_the_schema_needs_no_more() {
    let Some(database) = Database::new() else { return };
    let role = format!("role_of_{}", database.name);
    database.execute(format!("create role {role} login"));
    let address = database.address.clone().username(&role);
    says(connect(&address), &["may not"]);
    database.execute(format!("create schema ticketcore authorization {role}"));
    let store = connect(&address).unwrap();
    assert_eq!(open(&store, &Clerk::new(1)).unwrap(), 1);
    drop(store);
    database.execute(format!("revoke all on all tables in schema ticketcore from {role}"));
    says(connect(&address), &["may not"]);
    database.execute(format!("drop owned by {role}; drop role {role}"));
}
