//! One event of every kind.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::Channel;
use crate::event::{
    Absorbed, Attachment, Event, Merged, Migrated, Moved, Notice, Opened, Pose, Recipient, Said, Skip, SplitOff,
    Unmerged, Visibility, Withheld,
};
use crate::id::Pin;
use crate::id::{Key, TicketId, Version};
use crate::link::{Link, LinkKind};
use crate::policy_log::StepKey;
use crate::priority::{Level, Priority};
use crate::routing::{Choice, Difference, Fallback, PassedOver, Pick, Prefer, Tier, Why};
use crate::signal::{Alert, Severity, Signal};
use crate::status::{Status, Waiting};
use crate::value::Value;

/// Every kind, and the variants that are stored differently; each optional part is there at least once.
pub(super) fn every_kind(other: TicketId, at: DateTime<Utc>) -> Vec<Event> {
    let key = StepKey { policy: "resolution".into(), cycle: 2, round: 1, step: 3 };
    let link = Link { kind: LinkKind::CausedBy, to: other };
    let pin = Pin { id: "incident".into(), rev: 2 };
    let moved = Moved {
        transition: "wait".into(),
        from: "new".into(),
        to: "waiting".into(),
        status: Status::Pending,
        waiting: Some(Waiting::Requester),
        dropped: false,
    };
    let opened = Opened {
        kind: "incident".into(),
        prefix: "INC-".into(),
        subject: "A second opening".to_owned(),
        category: Some("mail".into()),
        tags: vec!["a".into(), "b".into()],
        fields: [("seats".into(), Value::Int(-1)), ("vip".into(), Value::Bool(true))].into(),
        channel: Channel::Mail,
        external: Some("JIRA-1".to_owned()),
        requester: Some("bo".into()),
        organisation: Some("acme".into()),
        assignee: Some("ada".into()),
        team: Some("net".into()),
        queue: Some("desk".into()),
        needs: ["dns".into()].into(),
        intake: Some("mail".into()),
        watchers: vec!["eve".into()],
        workflow: pin.clone(),
        state: "new".into(),
        status: Status::New,
        waiting: None,
        impact: Level::HIGH,
        urgency: Level::LOW,
        priority: Priority::P3,
    };
    let routed = Choice {
        route: "net".into(),
        pick: Some(Pick {
            agent: "ada".into(),
            tier: Tier::NotOff,
            because: Some(Difference::Prefers(Prefer::Sticky)),
        }),
        fallback: Fallback::Escalate(2),
        passed_over: vec![PassedOver { agent: "größe".into(), why: Why::Full { load: 5, capacity: 5 } }],
        more: 12,
    };
    let attachment = Attachment {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 3_000_000_000,
        digest: "ab".repeat(32),
    };
    let said = |visibility, automatic| Said {
        visibility,
        channel: Channel::Chat,
        automatic,
        attachments: vec![attachment.clone()],
    };
    let signal = Signal::firing("disk/db-01", "Disk is full", at).severity(Severity::Critical).label("host", "db-01");
    let everybody = vec![
        Recipient::Person("ada".into()),
        Recipient::Team("net".into()),
        Recipient::Lead("net".into()),
        Recipient::Schedule("primary".into()),
    ];
    let migrated = Migrated { to: pin, state: "open".into(), status: Status::Open, waiting: None, dropped: false };
    let vip = Key::from("vip");
    let absorbed = Absorbed {
        from: other,
        messages: vec![Version(2), Version(5)],
        watchers: Vec::new(),
        participants: vec!["eve".into()],
        alerts: Vec::new(),
        tickets: 1,
    };
    let split = SplitOff { into: other, messages: vec![Version(3)] };
    let pose = Pose {
        state: "open".into(),
        status: Status::Pending,
        waiting: Some(Waiting::Third),
        dropped: false,
        closed: Some(at),
    };
    vec![
        Event::Opened(Box::new(opened)),
        Event::Moved(moved.clone()),
        Event::Moved(Moved { status: Status::Closed, waiting: None, dropped: true, ..moved }),
        Event::Said(said(Visibility::Public, false)),
        Event::Said(said(Visibility::Internal, true)),
        Event::Assigned(Some("ada".into())),
        Event::Assigned(None),
        Event::Routed(Box::new(routed.clone())),
        Event::Unrouted(Box::new(Choice { pick: None, ..routed })),
        Event::TeamAssigned(Some("net".into())),
        Event::Queued(Some("desk".into())),
        Event::Queued(None),
        Event::RequesterChanged(Some("bo".into())),
        Event::Renamed("Another subject".to_owned()),
        Event::Categorised(Some("mail".into())),
        Event::Tagged("hot".into()),
        Event::Untagged("hot".into()),
        Event::FieldSet(vip.clone(), Some(Value::Bool(true))),
        Event::FieldSet("seats".into(), Some(Value::Int(i64::MIN))),
        Event::FieldSet("note".into(), Some(Value::from(""))),
        Event::FieldSet(vip, None),
        Event::Referenced(Some("JIRA-2".to_owned())),
        Event::Rated { impact: Level::LOW, urgency: Level::LOW, priority: Priority::P5 },
        Event::Prioritised { priority: Priority::P1, reason: "the boss".to_owned() },
        Event::PriorityRestored,
        Event::Escalated(u8::MAX),
        Event::Watched("eve".into()),
        Event::Unwatched("eve".into()),
        Event::Scored { score: 4, of: at },
        Event::Endorsed { helpful: true },
        Event::Linked(link),
        Event::Unlinked(link),
        Event::Edited { message: Version(1), visibility: Visibility::Internal },
        Event::Absorbed(Absorbed {
            from: other,
            messages: Vec::new(),
            watchers: vec!["lin".into()],
            participants: Vec::new(),
            alerts: vec![Alert {
                key: "cpu/db-01".to_owned(),
                firing: true,
                severity: Severity::Error,
                count: 3,
                last: at,
            }],
            tickets: 1,
        }),
        Event::Released(absorbed.clone()),
        Event::Absorbed(absorbed),
        Event::SplitOff(split.clone()),
        Event::Rejoined(split.clone()),
        Event::SplitOff(split),
        Event::Withheld(Withheld { ticket: other, transition: "close".into(), why: "no such transition".to_owned() }),
        Event::Merged(Box::new(Merged { into: other, state: "cancelled".into(), from: pose.clone() })),
        Event::Unmerged(Box::new(Unmerged { from: other, pose, alerts: Vec::new() })),
        Event::Acknowledged { until: Some(at + TimeDelta::microseconds(1)) },
        Event::Acknowledged { until: None },
        Event::Unacknowledged,
        Event::Snoozed(at + TimeDelta::hours(1)),
        Event::Woken,
        Event::Signalled(signal),
        Event::Signalled(Signal::cleared("disk/db-01", at)),
        Event::Fired { key: key.clone(), due: at },
        Event::Skipped { key: StepKey { step: 4, ..key }, due: at, why: Skip::Overtaken },
        Event::Breached { policy: "resolution".into(), cycle: 2, due: at },
        Event::Waived { policy: "resolution".into(), reason: "their own fault".to_owned() },
        Event::Notified(Notice { to: everybody, template: "overdue".into(), urgent: true }),
        Event::Migrated(migrated),
    ]
}
