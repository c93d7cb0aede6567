-- Every name begins with ticketcore_, so that a host can keep tables of its own in the same file.
-- Times are microseconds since 1970, lengths are microseconds, ids are the 16 bytes of a UUID.
-- There are no foreign keys: nothing is ever deleted, and all of a commit is written by one function.

create table ticketcore_tenant (
  -- Tenants get numbers in the order of their first write, so that no key has to repeat a name.
  no integer primary key check (no between 1 and 8388607),
  name text not null unique
) strict;

create table ticketcore_ticket (
  -- What questions and reports read of a ticket, and nothing else: rows are short and change in place, and a report
  -- is one pass over them. What is asked most stands first, as SQLite reads a row from its start.

  -- Tenant and number in one, no << 40 | number. A tenant's tickets are neighbours, whatever else is in the file,
  -- and neither number nor tenant needs an index: against keys of text this saved 38 % of a create's CPU (61 to 38 us,
  -- a thousand to a transaction) and a quarter of a full scan.
  row integer primary key,
  -- Stored: of a computed column SQLite believes that it needs all others, and so never that an index covers a question.
  tenant integer not null check (tenant = row >> 40),
  number integer not null generated always as (row & 1099511627775) virtual,

  id blob not null check (length(id) = 16),
  version integer not null,
  status text not null,
  priority integer not null,
  created integer not null,
  responded integer,
  resolved integer,
  assignee text,
  team text,
  queue text,
  kind text not null,
  state text not null,
  category text,
  requester text,
  channel text not null,
  first_resolved integer,
  closed integer,
  response integer,
  resolution integer,
  reopens integer not null,
  reassigns integer not null,
  messages integer not null,
  score integer,            -- 1 to 5; 0 if its customer has not said yet, null if there is no solution to be scored
  standings text not null,
  updated integer not null,
  open integer not null,    -- neither resolved nor closed
  due integer,              -- its place in the queue; null if nobody can act on it
  wake integer,             -- when time alone next matters
  external text,
  tags text,                -- JSON array; null if empty
  organisation text,
  access text,              -- JSON array of who else may come to see it; null if empty
  targets text,             -- JSON array of the clocks with a target that go on; null if there are none
  course text not null      -- what became of it on its way; the longest, and of few reports, so it stands last
) strict;

-- Each index costs every write that touches it 4 to 5 us, so there is one for each page of a desk and no more. The last
-- changed first are not among them, as every change would move an entry: that page reads the backlog, or all.
-- One ticket by its id; equal ids of two tenants have nothing to do with each other.
create unique index ticketcore_ticket_id on ticketcore_ticket (id, tenant);
-- Newest and oldest first. Ids sort by the time of their making, but an import keeps the old dates. What most reports
-- read stands beside it: they pass over a third of the bytes, and a create pays nothing for another index.
create index ticketcore_ticket_created on ticketcore_ticket
  (tenant, created, id, status, priority, responded, resolved, assignee, team, first_resolved, closed);
-- The order of work in one queue.
create index ticketcore_ticket_queue on ticketcore_ticket (tenant, queue, due, priority, created, id)
  where due is not null;
-- An agent's desk, and the whole backlog. Not the status itself: a move within the backlog leaves it alone.
create index ticketcore_ticket_open on ticketcore_ticket (tenant, assignee) where open;
-- A customer's tickets.
create index ticketcore_ticket_requester on ticketcore_ticket (tenant, requester) where requester is not null;
-- The tickets of a customer's whole organisation.
create index ticketcore_ticket_organisation on ticketcore_ticket (tenant, organisation) where organisation is not null;
-- Who wakes next, over all tenants.
create index ticketcore_ticket_wake on ticketcore_ticket (wake, tenant, id) where wake is not null;

create table ticketcore_access (
  -- Who else may come to see a ticket, the other way round: watchers, those who take part, those it was shared with.
  tenant integer not null,
  token text not null,
  ticket integer not null,  -- its row
  primary key (tenant, token, ticket)
) strict, without rowid;

-- The database keeps it, so that a write pays for it only when the list changes.
create trigger ticketcore_access_given after insert on ticketcore_ticket when new.access is not null begin
  insert into ticketcore_access select new.row >> 40, value, new.row from json_each(new.access);
end;
create trigger ticketcore_access_changed after update of access on ticketcore_ticket when new.access is not old.access begin
  delete from ticketcore_access where tenant = old.row >> 40 and ticket = old.row
    and token in (select value from json_each(old.access));
  insert into ticketcore_access select new.row >> 40, value, new.row from json_each(new.access);
end;

create table ticketcore_snapshot (
  -- The whole ticket, as JSON, beside its row and not in it: it is some four times as long.
  row integer primary key,
  body text not null
) strict;

create table ticketcore_event (
  -- The log. Positions rise in the order of commits, as there is one writer at a time and nothing is ever deleted.
  position integer primary key,
  ticket integer not null,  -- its row
  version integer not null,
  at integer not null,
  by text not null,
  by_kind text not null,
  form integer not null,    -- the version of the event's JSON
  event text not null,
  text text,                -- the description or message body; null if there was none or it was erased
  seal blob                 -- its digest over the one before, and the text's digest; null if it is not sealed
) strict;

create unique index ticketcore_event_ticket on ticketcore_event (ticket, version);

create table ticketcore_claim (
  -- Unique keys of a tenant, and the ticket that holds each since a version of it.
  tenant integer not null,
  key text not null,
  ticket blob not null,
  since integer not null,
  primary key (tenant, key)
) strict, without rowid;

create table ticketcore_document (
  -- Small versioned records; only the newest version is kept.
  tenant integer not null,
  kind text not null,
  key text not null,
  version integer not null,
  at integer not null,
  body text not null,
  primary key (tenant, kind, key)
) strict;

create table ticketcore_blob (
  -- Files by their content. An upload has neither digest nor size until its last chunk is there.
  no integer primary key,
  tenant integer not null,
  digest text,
  size integer,
  begun integer not null default (unixepoch()),
  unique (tenant, digest)
) strict;

-- Uploads that were begun; those that nobody will finish are found here.
create index ticketcore_blob_begun on ticketcore_blob (begun) where digest is null;

create table ticketcore_chunk (
  -- The bytes of a file, in pieces.
  blob integer not null,
  no integer not null,
  bytes blob not null,
  primary key (blob, no)
) strict;

-- The words of each ticket, under its row. The tokens are exactly the words the core makes: it splits and lowers the
-- text, and this tokenizer breaks at nothing but the blanks between them. No text is kept, nor any position of a word.
-- Beginnings of so many letters have entries of their own: a search as one types is then one look-up, where it would
-- gather the tickets of all words that begin so (80 ms of 200,000); they cost half as much again as the words.
create virtual table ticketcore_words using fts5
  (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '2 3 4');

create table ticketcore_indexed (
  -- How much of the log the words hold: a reader behind a cursor, so that no write waits for it.
  position integer not null,
  -- How much of it was there when its pieces were last put together; one piece is searched three times as fast as ten.
  whole integer not null
) strict;

insert into ticketcore_indexed values (0, 0);
