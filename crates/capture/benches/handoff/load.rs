//! What else the machine does: a spinner a core, and a thread that hammers the allocator.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Until it is dropped.
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut threads: Vec<_> = (0..cores)
            .map(|_| {
                let stop = Arc::clone(&stop);
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                })
            })
            .collect();
        let its_stop = Arc::clone(&stop);
        threads.push(thread::spawn(move || {
            let mut kept: Vec<Vec<u8>> = vec![Vec::new(); 64];
            let mut n = 0usize;
            while !its_stop.load(Ordering::Relaxed) {
                n = n.wrapping_add(1);
                kept[n % 64] = black_box(vec![1; 16 << (n * 7 % 12)]);
            }
        }));
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // They only spin.
            let _panicked = thread.join();
        }
    }
}
