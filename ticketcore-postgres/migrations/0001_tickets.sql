-- Names stand alone: the transaction that runs this script has its search path set to the desk's schema.
-- Every key begins with the tenant and none leads from one tenant to another, so the tables can be distributed by it.
-- There is no sequence and no trigger; ids come from the engine and are UUIDs of version 7. There are no foreign keys:
-- nothing is ever deleted, and all of a commit is written by one statement. Texts are ordered by their bytes. Times are
-- microseconds since 1970, lengths are microseconds: a `timestamptz` can be infinite and forgets years before 4713 BC.

create table ticket (
  -- What questions and reports read of a ticket, and nothing else, fixed widths first. Room is left in each page, so
  -- that a change which moves no index entry stays in it.
  id uuid not null,
  number bigint not null,
  version bigint not null check (version > 0),
  created bigint not null,
  updated bigint not null,
  responded bigint,
  resolved bigint,
  first_resolved bigint,
  closed bigint,
  response bigint,
  resolution bigint,
  due bigint,                         -- its place in the queue; null if nobody can act on it
  wake bigint,                        -- when time alone next matters
  reopens bigint not null,
  reassigns bigint not null,
  messages bigint not null,
  priority smallint not null,
  score smallint,                     -- 1 to 5; 0 if its customer has not said yet, null if there is no solution
  open boolean not null,              -- neither resolved nor closed
  tenant text collate "C" not null,
  status text collate "C" not null,
  kind text collate "C" not null,
  state text collate "C" not null,
  channel text collate "C" not null,
  assignee text collate "C",
  team text collate "C",
  queue text collate "C",
  category text collate "C",
  requester text collate "C",
  standings text collate "C" not null,
  course text collate "C" not null,   -- what became of it on its way
  targets jsonb,                      -- the clocks with a target that go on; null if there are none
  external text collate "C",
  tags text[] collate "C",            -- null if empty
  organisation text collate "C",
  access text[] collate "C",          -- who else may come to see it; null if empty
  fields jsonb,                       -- the custom fields; null if empty
  primary key (tenant, id),
  unique (tenant, number)
) with (fillfactor = 85);

-- An index costs every write that moves an entry, so there is one for each page of a desk and no more.
-- Newest and oldest first. Ids sort by the time of their making, but an import keeps the old dates.
create index ticket_created on ticket (tenant, created, id);
-- The order of work in one queue.
create index ticket_queue on ticket (tenant, queue, due, priority, created, id) where due is not null;
-- An agent's desk, and the whole backlog. Not the status itself: a move within the backlog leaves it alone.
create index ticket_open on ticket (tenant, assignee) where open;
-- A customer's tickets.
create index ticket_requester on ticket (tenant, requester) where requester is not null;
-- The tickets of a customer's whole organisation.
create index ticket_organisation on ticket (tenant, organisation) where organisation is not null;
-- What watchers, those who take part, and those a ticket was shared with may see.
create index ticket_access on ticket using gin (access) where access is not null;
-- Who wakes next, over all tenants.
create index ticket_wake on ticket (wake, tenant, id) where wake is not null;

create table snapshot (
  -- The whole ticket, as JSON, beside its row and not in it: it is some four times as long. Up to 8 kB it stays in its
  -- page, uncompressed; a ticket is written often.
  tenant text collate "C" not null,
  id uuid not null,
  number bigint not null,
  body text collate "C" not null,
  primary key (tenant, id)
) with (fillfactor = 85, toast_tuple_target = 8160);

create table event (
  -- The log. A position is the writing transaction's id, moved by the base below, and the event's place in it.
  ticket uuid not null,
  version bigint not null,
  position bigint not null,
  at bigint not null,
  form bigint not null,               -- the version of the event's JSON
  tenant text collate "C" not null,
  by text collate "C" not null,
  by_kind text collate "C" not null,
  event text collate "C" not null,
  text text collate "C",              -- the description or message body; null if there was none or it was erased
  seal bytea,                         -- its digest over the one before, and the text's digest; null if it is not sealed
  said text collate "C",              -- its subject and its text in words, where phrases are looked for; null if there are none
  primary key (tenant, ticket, version)
);

-- The feed of all tenants.
create index event_position on event (position);

create table feed (
  -- One row: what is added to a transaction's id before it becomes a position. It rises when the tables are restored
  -- into a server whose transactions count lower, so that no position comes twice.
  base bigint not null
);
create unique index feed_only on feed ((true));
insert into feed values (0);

create table counter (
  -- The highest number each tenant ever gave.
  tenant text collate "C" primary key,
  tickets bigint not null
);

create table claim (
  -- Unique keys of a tenant, and the ticket that holds each since a version of it. A key may be long, an entry of an
  -- index not, so the key's digest is its name.
  tenant text collate "C" not null,
  digest bytea not null,
  key text collate "C" not null,
  ticket uuid not null,
  since bigint not null,
  primary key (tenant, digest)
);

create table kind (
  -- The kinds of documents, and how often any of a kind was written. A commit that rests on documents shares a lock on
  -- their kind: only so can it rest on one that is *not* there. A commit that writes some has the lock alone.
  tenant text collate "C" not null,
  kind text collate "C" not null,
  changes bigint not null,
  primary key (tenant, kind)
);

create table document (
  -- Small versioned records; only the newest version is kept.
  tenant text collate "C" not null,
  kind text collate "C" not null,
  key text collate "C" not null,
  version bigint not null,
  at bigint not null,
  body text collate "C" not null,
  primary key (tenant, kind, key)
);

create table words (
  -- The words of each ticket, each with its tenant before it, as the core breaks texts. Contains is all that is asked.
  tenant text collate "C" not null,
  id uuid not null,
  words text[] collate "C" not null,
  primary key (tenant, id)
);
-- The list of words that are not sorted in yet may grow to 16 MB; the store sorts it in before.
create index words_words on words using gin (words) with (gin_pending_list_limit = 16384);

create table blob (
  -- Files by their content.
  tenant text collate "C" not null,
  digest text collate "C" not null,
  upload uuid not null,
  primary key (tenant, digest)
);

create table upload (
  -- Files that have begun to come and have no digest yet.
  tenant text collate "C" not null,
  upload uuid not null,
  begun timestamptz not null default now(),
  primary key (tenant, upload)
);

create table chunk (
  -- The bytes of a file, in pieces, as they are: most files are compressed already.
  tenant text collate "C" not null,
  upload uuid not null,
  no bigint not null,
  bytes bytea not null,
  primary key (tenant, upload, no)
);
alter table chunk alter column bytes set storage external;

-- What the statement of commits is given: rows in arrays of these types. A type is never altered, as an older release may
-- be at work beside a newer one; its successor gets the next number.

create type change_1 as (
  -- What becomes of a ticket; of a new one its place among the new ones, counted from 1, of an old one 0.
  place bigint,
  -- The whole ticket; null if only its marks are new.
  snapshot text collate "C",
  -- The words it brings; null if there are none.
  words text[] collate "C",
  -- The words that its earlier events keep, if texts of them are erased; else null.
  kept text[] collate "C",
  id uuid,
  version bigint,
  created bigint,
  updated bigint,
  responded bigint,
  resolved bigint,
  first_resolved bigint,
  closed bigint,
  response bigint,
  resolution bigint,
  due bigint,
  wake bigint,
  reopens bigint,
  reassigns bigint,
  messages bigint,
  priority smallint,
  score smallint,
  open boolean,
  status text collate "C",
  kind text collate "C",
  state text collate "C",
  channel text collate "C",
  assignee text collate "C",
  team text collate "C",
  queue text collate "C",
  category text collate "C",
  requester text collate "C",
  standings text collate "C",
  course text collate "C",
  targets jsonb,
  external text collate "C",
  tags text[] collate "C",
  organisation text collate "C",
  access text[] collate "C",
  fields jsonb
);

create type entry_1 as (
  -- An event.
  ticket uuid,
  version bigint,
  at bigint,
  form bigint,
  by text collate "C",
  by_kind text collate "C",
  event text collate "C",
  text text collate "C",
  seal bytea,
  said text collate "C"
);

create type ticket_at_1 as (
  -- A ticket at the version that a commit expects; which of the statement's commits.
  no integer,
  id uuid,
  version bigint
);

create type document_at_1 as (
  -- A document likewise.
  no integer,
  kind text collate "C",
  key text collate "C",
  version bigint
);

create type write_1 as (
  -- What becomes of a document; without a body it is removed.
  kind text collate "C",
  key text collate "C",
  version bigint,
  at bigint,
  body text collate "C"
);

create type swap_1 as (
  -- A claim that changes hands.
  no integer,
  digest bytea,
  key text collate "C",
  source uuid,
  target uuid,
  since bigint
);
