//! The store of the example passes the suite.

#[path = "../examples/custom_store.rs"]
#[expect(dead_code, reason = "its `main` is run as an example")]
mod custom_store;

use std::sync::Arc;

use async_trait::async_trait;
use custom_store::CustomStore;
use ticketcore::Store;
use ticketcore::testing::Harness;

#[derive(Default)]
struct Custom(Arc<CustomStore>);

#[async_trait]
impl Harness for Custom {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::<CustomStore>::clone(&self.0)
    }
}

ticketcore::store_tests!(Custom::default());
