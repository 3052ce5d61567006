//! What the benches share: where threads run, and which value a share of all does not exceed.

/// Whether this thread got real-time priority (first in, first out).
#[allow(dead_code)]
pub fn real_time() -> bool {
    let wanted = libc::sched_param { sched_priority: 60 };
    // SAFETY: 0 is the calling thread, and the structure outlives the call.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const wanted) == 0 }
}

/// Whether this thread was kept on one core: `core`, counted from 0.
pub fn pin(core: usize) -> bool {
    // SAFETY: the set is plain bits, all zero is the empty one, and it outlives the calls.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) == 0
    }
}

/// Makes this thread nicer than others.
#[allow(dead_code)]
pub fn nice() {
    // SAFETY: takes plain numbers; 0 is the calling thread.
    let _granted = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

/// The value that a share `q` of the values does not exceed, 0 for none. Sorts them.
#[allow(dead_code)]
pub fn quantile(values: &mut [u64], q: f64) -> u64 {
    values.sort_unstable();
    let index = (q * values.len() as f64) as usize;
    let last = values.len().saturating_sub(1);
    values.get(index.min(last)).copied().unwrap_or(0)
}

/// A flag of the command line that takes a number.
pub fn flag(name: &str, default: u64) -> u64 {
    let mut args = std::env::args().skip_while(|arg| arg != name).skip(1);
    args.next()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}
