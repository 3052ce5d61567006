//! Real-time priority for the thread that a callback runs on.
//!
//! The callback promotes its own thread in its first call: only there is it certain which thread
//! that is. JACK's threads come promoted; cpal promotes none of ALSA's plugin devices.

/// Above the kernel's threaded interrupts (50) and all ordinary work, below its watchdogs (99).
#[cfg(target_os = "linux")]
const PRIORITY: libc::c_int = 60;

/// Gives the calling thread `SCHED_FIFO` priority, unless it has a real-time policy already: what
/// a backend chose is not lowered.
///
/// # Errors
/// The error number of the refusal; [`explain`] makes words of it.
#[cfg(target_os = "linux")]
pub(crate) fn promote_this_thread() -> Result<(), i32> {
    // The kernel is asked itself: musl's functions of these names only say that they are not there.
    // SAFETY: 0 means the calling thread; the call reads nothing of ours.
    let policy = unsafe { libc::syscall(libc::SYS_sched_getscheduler, 0) };
    let policy = policy & !libc::c_long::from(libc::SCHED_RESET_ON_FORK);
    if policy == libc::SCHED_FIFO.into() || policy == libc::SCHED_RR.into() {
        return Ok(());
    }
    match set_fifo(PRIORITY) {
        // Without the capability, RLIMIT_RTPRIO says how far an ordinary user may go.
        Err(errno) if errno == libc::EPERM => match allowed_priority() {
            0 => Err(errno),
            allowed => set_fifo(allowed.min(PRIORITY)),
        },
        result => result,
    }
}

#[cfg(target_os = "linux")]
fn set_fifo(priority: libc::c_int) -> Result<(), i32> {
    // Threads that a callback's thread might start must not inherit its privilege.
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // The kernel's `sched_param` is this one number.
    // SAFETY: 0 means the calling thread; `priority` is valid for the whole call, which only reads.
    let refused =
        unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, policy, &raw const priority) };
    if refused == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(-1))
    }
}

#[cfg(target_os = "linux")]
fn allowed_priority() -> libc::c_int {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is valid for a write of one `rlimit`, which is all that the call does.
    if unsafe { libc::getrlimit(libc::RLIMIT_RTPRIO, &raw mut limit) } != 0 {
        return 0;
    }
    libc::c_int::try_from(limit.rlim_cur).unwrap_or(libc::c_int::MAX)
}

/// The other systems' backends promote their callback threads themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn promote_this_thread() -> Result<(), i32> {
    Ok(())
}

/// Why the promotion was refused, and what would help. Not for a callback.
pub(crate) fn explain(errno: i32) -> String {
    let said = std::io::Error::from_raw_os_error(errno);
    format!(
        "the system refused real-time priority for the audio thread ({said}); allow it for this \
         user with an rtprio limit in /etc/security/limits.d or `ulimit -r`"
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn policy_and_priority() -> (i32, i32) {
        let mut parameters = libc::sched_param { sched_priority: 0 };
        // SAFETY: 0 means the calling thread; the pointer is valid for the write.
        let policy = unsafe {
            libc::sched_getparam(0, &raw mut parameters);
            libc::sched_getscheduler(0)
        };
        (
            policy & !libc::SCHED_RESET_ON_FORK,
            parameters.sched_priority,
        )
    }

    #[test]
    fn promotion_is_real_or_explained() {
        std::thread::spawn(|| match promote_this_thread() {
            Ok(()) => assert_eq!(policy_and_priority().0, libc::SCHED_FIFO),
            Err(errno) => {
                assert_eq!(policy_and_priority().0, libc::SCHED_OTHER);
                assert!(explain(errno).contains("rtprio"));
            }
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_that_is_real_time_already_is_left_alone() {
        std::thread::spawn(|| {
            if set_fifo(7).is_ok() {
                promote_this_thread().unwrap();
                assert_eq!(policy_and_priority(), (libc::SCHED_FIFO, 7));
            }
        })
        .join()
        .unwrap();
    }
}
