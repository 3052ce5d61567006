//! The policy of the pools: order, limit, taking back, panics, no lost wake.

use super::limit::choose;
use super::pool::Pool;
use super::{Work, start};
use crate::error::ErrorCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// So long that a thread that nobody wakes never comes: the test hangs.
const FOREVER: Duration = Duration::from_secs(1 << 30);

fn pool(limit: usize) -> Pool {
    Pool::lingering("noxrun-test", limit, FOREVER)
}

/// Starts a job that ends when the returned sender is dropped, and waits until it has begun.
fn occupy(pool: &Pool) -> Sender<()> {
    let (end, wait): (Sender<()>, Receiver<()>) = channel();
    let (tell, begun) = channel();
    pool.start(Box::new(move |turn| {
        turn.unwrap();
        tell.send(()).unwrap();
        // An error when the sender is gone.
        let _ = wait.recv();
    }));
    begun.recv().unwrap();
    end
}

#[test]
fn jobs_begin_in_the_order_in_which_they_were_started() {
    let pool = pool(1);
    let blocker = occupy(&pool);
    let (tell, told) = channel();
    for number in 0..100 {
        let tell = tell.clone();
        pool.start(Box::new(move |turn| {
            turn.unwrap();
            tell.send(number).unwrap();
        }));
    }
    drop((blocker, tell));
    assert_eq!(
        told.iter().collect::<Vec<_>>(),
        (0..100).collect::<Vec<_>>()
    );
}

#[test]
fn as_many_run_at_a_time_as_the_limit_says_and_no_more() {
    for limit in [1, 2, 5] {
        let pool = pool(limit);
        // Each of these waits until all of them run: fewer than the limit would hang.
        let together = Arc::new(std::sync::Barrier::new(limit));
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (tell, told) = channel();
        for number in 0..limit * 40 {
            let (tell, running) = (tell.clone(), Arc::clone(&running));
            let (most, together) = (Arc::clone(&most), Arc::clone(&together));
            pool.start(Box::new(move |turn| {
                turn.unwrap();
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                if number < limit {
                    together.wait();
                }
                running.fetch_sub(1, Ordering::SeqCst);
                tell.send(()).unwrap();
            }));
        }
        drop(tell);
        assert_eq!(told.iter().count(), limit * 40);
        assert_eq!(most.load(Ordering::SeqCst), limit);
        assert!(pool.threads() <= limit);
    }
}

#[test]
fn a_job_that_waits_can_be_taken_back_and_its_neighbours_stay() {
    let pool = pool(1);
    let blocker = occupy(&pool);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (tell, told) = channel::<()>();
    let tickets: Vec<_> = (0..3)
        .map(|number| {
            let (seen, tell) = (Arc::clone(&seen), tell.clone());
            pool.start(Box::new(move |turn| {
                let code = turn.err().map(|error| error.code);
                seen.lock().unwrap().push((number, code));
                drop(tell);
            }))
        })
        .collect();
    drop(tell);
    tickets[1].withdraw();
    // It was told here and now, while the first still occupies the only thread.
    let withdrawn = (1, Some(ErrorCode::InvalidState));
    assert_eq!(*seen.lock().unwrap(), [withdrawn]);
    // Again, and once it is over: nothing.
    tickets[1].withdraw();
    drop(blocker);
    assert!(told.recv().is_err());
    tickets[0].withdraw();
    assert_eq!(*seen.lock().unwrap(), [withdrawn, (0, None), (2, None)]);
}

#[test]
fn a_job_that_runs_is_not_taken_back() {
    let pool = pool(1);
    let (end, wait) = channel::<()>();
    let (tell, told) = channel();
    let ticket = pool.start(Box::new(move |turn| {
        tell.send(turn.is_ok()).unwrap();
        let _ = wait.recv();
        tell.send(true).unwrap();
    }));
    assert!(told.recv().unwrap());
    ticket.withdraw();
    drop(end);
    assert_eq!(told.iter().collect::<Vec<_>>(), [true]);
}

#[test]
fn a_panic_costs_no_thread() {
    let pool = pool(1);
    for _ in 0..3 {
        pool.start(Box::new(|_| panic!("a fault that a test planted")));
    }
    let (tell, told) = channel();
    pool.start(Box::new(move |turn| tell.send(turn.is_ok()).unwrap()));
    assert_eq!(told.recv(), Ok(true));
    assert_eq!(pool.threads(), 1);
}

#[test]
fn ten_thousand_hand_offs_lose_no_wake() {
    for limit in [1, 4] {
        let pool = pool(limit);
        let (tell, told) = channel();
        for number in 0..10_000 {
            let tell = tell.clone();
            pool.start(Box::new(move |_| tell.send(number).unwrap()));
            // One at a time: the thread is about to sleep, or sleeps, when the next one comes.
            assert_eq!(told.recv(), Ok(number));
        }
        assert!(pool.threads() <= limit);
    }
}

#[test]
fn hand_offs_of_several_threads_at_once_lose_no_wake() {
    let pool = pool(2);
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_500 {
                    let tell = tell.clone();
                    pool.start(Box::new(move |_| tell.send(()).unwrap()));
                }
            });
        }
    });
    drop(tell);
    assert_eq!(told.iter().count(), 10_000);
}

#[test]
fn threads_without_work_end_and_new_ones_come() {
    let pool = Pool::lingering("noxrun-test", 3, Duration::from_millis(1));
    for _ in 0..5 {
        let (tell, told) = channel();
        pool.start(Box::new(move |_| tell.send(()).unwrap()));
        told.recv().unwrap();
        while pool.threads() > 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn calls_get_on_while_renders_wait() {
    let (end, wait) = channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let (tell, told) = channel::<()>();
    for _ in 0..super::render_limit().limit * 4 {
        let (wait, tell) = (Arc::clone(&wait), tell.clone());
        start(
            Work::Render,
            Box::new(move |_| {
                // An error when the sender is gone.
                let _ = wait.lock().unwrap().recv();
                drop(tell);
            }),
        );
    }
    drop(tell);
    for work in [Work::Call, Work::Load] {
        // Each waits for the other, so all of them run at once.
        let together = Arc::new(std::sync::Barrier::new(3));
        for _ in 0..2 {
            let together = Arc::clone(&together);
            let wait = move |_| {
                together.wait();
            };
            start(work, Box::new(wait));
        }
        together.wait();
    }
    drop(end);
    assert!(told.recv().is_err());
}

#[test]
fn the_limit_is_the_variable_or_the_number_of_processors() {
    for (asked, limit) in [(None, 6), (Some(""), 6), (Some("1"), 1), (Some("64"), 64)] {
        let chosen = choose(asked, 6);
        assert_eq!((chosen.limit, chosen.refusal), (limit, None), "{asked:?}");
    }
    for asked in ["0", "-1", "2.5", "two", " 2", "99999999999999999999999"] {
        let chosen = choose(Some(asked), 6);
        assert_eq!(chosen.limit, 6);
        let sentence = format!(
            "NOXRUN_RENDERS is {asked:?}: only a whole number of 1 or more is allowed; \
             as many renders run at a time as there are processors (6)"
        );
        assert_eq!(chosen.refusal, Some(sentence));
    }
}
