//! What becomes of a thing that ends: it is reported, its memory goes back, and what was scheduled
//! for it is dropped.

use crate::reports::Reports;
use crate::schedule::Schedule;

pub(crate) struct Ends {
    pub reports: Reports,
    pub schedule: Schedule,
}
