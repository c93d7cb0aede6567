//! Bytes under their digest.

use std::io::{self, Cursor, Read};
use std::iter::repeat_with;

use super::begin;
use crate::id::TenantId;
use crate::store::Store;
use crate::testing::{Dice, Harness};

async fn put(store: &dyn Store, tenant: &TenantId, bytes: &[u8]) -> (String, u64) {
    store.put_blob(tenant, Box::new(Cursor::new(bytes.to_vec()))).await.unwrap()
}

async fn get(store: &dyn Store, tenant: &TenantId, digest: &str) -> Option<Vec<u8>> {
    let mut reader = store.blob(tenant, digest).await.unwrap()?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn random(size: usize) -> Vec<u8> {
    let mut dice = Dice::new(size.try_into().unwrap_or_default());
    repeat_with(|| dice.bits().to_le_bytes()).flatten().take(size).collect()
}

pub async fn bytes_come_back_under_their_digest(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let known = [
        (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ];
    for (bytes, digest) in known {
        assert_eq!(put(&*store, clerk.tenant(), bytes).await, (digest.to_owned(), bytes.len() as u64));
        assert_eq!(get(&*store, clerk.tenant(), digest).await.as_deref(), Some(bytes));
    }
    for size in [1, 4096, 65_537, 3_000_000] {
        let bytes = random(size);
        let (digest, count) = put(&*store, clerk.tenant(), &bytes).await;
        assert_eq!(usize::try_from(count), Ok(size));
        assert!(get(&*store, clerk.tenant(), &digest).await == Some(bytes), "{size} bytes are not what was put");
    }
}

pub async fn the_same_bytes_are_kept_once_and_read_as_often_as_wanted(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let bytes = random(100_000);
    let first = put(&*store, clerk.tenant(), &bytes).await;
    let second = put(&*harness.open().await, clerk.tenant(), &bytes).await;
    assert_eq!(first, second);
    let mut readers =
        [store.blob(clerk.tenant(), &first.0).await.unwrap(), store.blob(clerk.tenant(), &first.0).await.unwrap()];
    for reader in readers.iter_mut().flatten() {
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == bytes, "each reader starts at the beginning");
    }
    assert!(readers.iter().all(Option::is_some));
}

pub async fn removed_bytes_are_gone_and_can_be_put_again(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let bytes = random(600_000);
    let (digest, _) = put(&*store, clerk.tenant(), &bytes).await;
    let (other, _) = put(&*store, clerk.tenant(), b"other").await;
    put(&*store, &TenantId::from("other"), &bytes).await;
    assert!(!store.remove_blob(clerk.tenant(), &"0".repeat(64)).await.unwrap());
    assert!(!store.remove_blob(&TenantId::from("nobody"), &digest).await.unwrap());
    assert!(store.remove_blob(clerk.tenant(), &digest).await.unwrap());
    assert!(!store.remove_blob(clerk.tenant(), &digest).await.unwrap(), "it is gone already");
    let fresh = harness.open().await;
    assert_eq!(get(&*fresh, clerk.tenant(), &digest).await, None);
    assert_eq!(get(&*fresh, clerk.tenant(), &other).await.as_deref(), Some(&b"other"[..]));
    assert!(get(&*fresh, &TenantId::from("other"), &digest).await.as_ref() == Some(&bytes), "another tenant's stay");
    assert_eq!(put(&*store, clerk.tenant(), &bytes).await.0, digest);
    assert!(get(&*fresh, clerk.tenant(), &digest).await == Some(bytes));
}

/// Half a file must not look like a whole one, nor may the rest come from the next file.
pub async fn a_reader_of_removed_bytes_does_not_end_early(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let bytes = random(2_000_000);
    let (digest, _) = put(&*store, clerk.tenant(), &bytes).await;
    let mut reader = store.blob(clerk.tenant(), &digest).await.unwrap().unwrap();
    let mut read = vec![0; 1000];
    reader.read_exact(&mut read).unwrap();
    assert!(store.remove_blob(clerk.tenant(), &digest).await.unwrap());
    put(&*store, clerk.tenant(), &random(1_900_000)).await;
    if reader.read_to_end(&mut read).is_ok() {
        assert!(read == bytes, "the reader has not gone on with what was there");
    }
}

pub async fn unknown_bytes_are_none(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let (digest, _) = put(&*store, clerk.tenant(), b"known").await;
    for unknown in ["", "0", &"0".repeat(64), &digest[..63], "../../etc/passwd", "%"] {
        assert_eq!(get(&*store, clerk.tenant(), unknown).await, None, "{unknown}");
    }
}

pub async fn bytes_may_come_in_drips_and_with_interruptions(harness: &dyn Harness) {
    struct Drips(Vec<u8>, Dice);

    impl Read for Drips {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.1.once_in(5) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = (1 + self.1.below(700)).min(into.len()).min(self.0.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    let (store, clerk) = begin(harness).await;
    let bytes = random(50_000);
    let drips = Box::new(Drips(bytes.clone(), Dice::new(1)));
    let (digest, _) = store.put_blob(clerk.tenant(), drips).await.unwrap();
    assert!(get(&*store, clerk.tenant(), &digest).await == Some(bytes));
}

pub async fn a_reader_that_fails_leaves_nothing(harness: &dyn Harness) {
    struct Fails;

    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the connection is gone"))
        }
    }

    let (store, clerk) = begin(harness).await;
    let start = b"the first half, ";
    let half = Box::new(start.chain(Fails));
    assert!(store.put_blob(clerk.tenant(), half).await.is_err());
    let (digest, _) = put(&*store, &TenantId::from("other"), start).await;
    assert_eq!(get(&*store, clerk.tenant(), &digest).await, None);
    let (_, size) = put(&*store, clerk.tenant(), b"the next").await;
    assert_eq!(size, 8, "the store goes on");
}
