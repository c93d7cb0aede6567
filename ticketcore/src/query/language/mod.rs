//! Questions as text: one language for the library, the command line and the server.
//!
//! ```text
//! status:open priority>=high assignee:me tag:vpn created:>-7d due:<2h field.site:"Novi Sad" "disk full" or (team:db -is:escalated) sort:due
//! ```
//!
//! # Grammar
//!
//! ```text
//! question = [ any ] ;                                    (* `sort:` may stand anywhere outside of parentheses *)
//! any      = all { "or" all } ;                           (* what stands side by side binds tighter *)
//! all      = not { [ "and" ] not } ;
//! not      = ( "-" | "not" ) not | "(" any ")" | term ;
//! term     = field ( ":" list | [ ":" ] ( ">" | ">=" | "<" | "<=" ) value )
//!          | field ":" [ value ] ".." [ value ]           (* both ends included, one of them at least *)
//!          | aspect "was" list [ when ]
//!          | aspect "changed" { "from" list | "to" list | "by" list | when }
//!          | "sort:" [ "-" ] ( "due" | "created" | "updated" | "number" | "priority" | "resolved" | "closed" )
//!          | word | word "*" | quoted ;
//! list     = value { "," value } ;                        (* one of these *)
//! value    = bare | quoted ;
//! when     = "during" ( value | [ value ] ".." [ value ] ) | "after" value | "before" value ;
//! aspect   = "status" | "state" | "priority" | "assignee" | "team" | "queue" | "category" ;
//! quoted   = '"' { any letter, a backslash before " and \ } '"' ;
//! ```
//!
//! `or`, `and` and `not` may be written large. A backslash takes a letter's special meaning from it: `\or` is a word.
//! Nothing else is an operator: stars within, percent signs and underscores are themselves.
//!
//! A word is looked for whole and as it is, in any case: there is no stemming, and `print*` finds what begins so. What
//! stands in quotes is a phrase: its words in this order, next to each other, within one subject, description or message.
//!
//! # Fields
//!
//! | field | values |
//! |---|---|
//! | `kind` `state` | names of the configuration; quoted ones need not be known to it |
//! | `status` `channel` `waiting` | `new` `open` `pending` `resolved` `closed`; `mail` …; `requester` `third` `until` `none` |
//! | `priority` | `p1` to `p9`, `critical` `high` `medium` `low` `lowest`; the more pressing is the more: `priority>=high` |
//! | `category` `team` `queue` `organisation` `tag` `external` | names, or `none` |
//! | `assignee` `requester` `watcher` | people, `me`, or `none` |
//! | `created` `updated` `responded` `resolved` `first_resolved` `closed` `due` | times, or `none` |
//! | `number` `level` `reopens` `reassigns` `messages` `score` | numbers; `number` also as people write it: `INC-12` |
//! | `id` | ids |
//! | `field.x` | values of a custom field, by its type; `none` if it is not set |
//! | `is` | `open` `unassigned` `assigned` `acked` `snoozed` `firing` `responded` `unanswered` `dropped` `untouched` `merged` `escalated` `blocked`, a status, or what `sla` says |
//! | `has` | `team`, `category` and whatever else may be lacking, `field.x`, or a kind of link |
//! | `sla` `sla.policy` | `breached` `excused` `running` `paused`: a promise of any policy, or of one |
//! | `due.policy` | when a promise of a policy is due whose clock counts |
//! | `linked`, `parent` `child` `blocks` `blocked_by` and the other kinds of links | `any`, `none`, `open` (to a ticket that is neither resolved nor closed), or a ticket's number |
//!
//! # Times
//!
//! A time is as long as it was written: `2026-01` is a month, `2026-01-31` a day, `2026-01-31T12:00` a minute, and so are
//! `yesterday` `today` `tomorrow` `this_week` `last_week` `this_month` `last_month`. `created:x` asks for within, `>x` for
//! after its end, `>=x` for after its beginning, `<x` for before its beginning and `<=x` for before its end. `-7d`, `2h`,
//! `1h30m`, `2w` and `now` are instants; a day among them is 24 hours. Without an offset (`Z`, `+02:00`) a time is civil
//! time of the [`Scope`]'s zone: one that is repeated there is its first pass, one that is skipped is an error.
//!
//! # What a ticket was
//!
//! `assignee was ada during 2026-01` asks whether ada had it at some time of that month, `status was pending` whether it
//! ever was or is; `team changed from db to net by ada after -7d` asks for a change. Both are read off the ticket's
//! [trail](crate::trail).

mod fold;
mod parse;
mod print;
mod resolve;
mod scan;
mod terms;
mod tree;
mod values;
mod wrong;

#[cfg(test)]
mod tests;

pub use resolve::Scope;
pub use tree::{Asked, Change, Exactness, Expr, Field, Link, Moment, Name, Place, Question, Sla, Term, Time, When};
pub use wrong::{Misread, Wrong};

use crate::query::Query;

impl Question {
    /// Reads a question. It knows no desk yet: nothing in it is looked up, and times stay relative.
    ///
    /// A text may be 64 KiB long and hold 1,000 terms, 64 levels deep.
    ///
    /// # Errors
    ///
    /// [`Misread`], with what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, Misread> {
        parse::parse(text)
    }

    /// Says what is meant in a scope: the first 50 tickets, newest first unless an order was asked for.
    ///
    /// # Errors
    ///
    /// [`Misread`] if it names what the configuration does not know, or a time that does not exist. Its text is empty, as
    /// a question does not keep that; [`Query::parse`] and [`Desk::question`](crate::Desk::question) fill it in.
    pub fn resolve(&self, scope: &Scope<'_>) -> Result<Query, Misread> {
        resolve::resolve(self, scope)
    }

    /// All that it asks, whatever that is joined by.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let mut exprs: Vec<&Expr> = self.expr.iter().collect();
        std::iter::from_fn(move || {
            loop {
                match exprs.pop()? {
                    Expr::All(more) | Expr::Any(more) => exprs.extend(more.iter().rev()),
                    Expr::Not(one) => exprs.push(one),
                    Expr::Is(term) => return Some(term),
                }
            }
        })
    }

    /// Tells whether it asks about where tickets stand in their life, or names them: then a program that lists the backlog
    /// unless something else is said has no need to leave out what is resolved or closed.
    pub fn asks_status(&self) -> bool {
        self.terms().any(Term::asks_status)
    }
}

impl std::str::FromStr for Question {
    type Err = Misread;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Query {
    /// Reads a query in the [language of questions](self).
    ///
    /// # Errors
    ///
    /// [`Misread`], with what is wrong, where, and what may have been meant.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::query::language::Scope;
    /// use ticketcore::query::{Order, Query};
    /// use ticketcore::{Config, Status};
    ///
    /// let config = Config::default();
    /// let scope = Scope::new(&config, "2026-11-26T12:00:00Z".parse()?).by("ada");
    /// let query = Query::parse("status:open,pending assignee:me created>-7d sort:due", &scope)?;
    /// assert_eq!(query.filter.statuses, [Status::Open, Status::Pending]);
    /// assert_eq!(query.order, Order::rank());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, Misread> {
        let question = Question::parse(text)?;
        question.resolve(scope).map_err(|misread| Misread { text: text.to_owned(), ..misread })
    }
}
