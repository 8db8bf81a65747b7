//! The threads on which expressions run. They start when they are first needed and keep a warm context each.
//!
//! The interpreter is interrupted at its limits by itself. A built-in that does not look (a search through a list
//! with a billion holes) cannot be: a watcher answers in its stead, gives the thread up and starts another.

use super::EvalError;
use super::refusal::shorten;
use super::sandbox::{Fault, Purpose, Sandbox};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const THREAD_STACK: usize = 8 << 20;
/// How long after its limit a thread is given up.
const GRACE: Duration = Duration::from_millis(500);
/// Threads that were given up and still run. More are not replaced: each burns a processor.
const MOST_GIVEN_UP: usize = 4;

/// Work for a thread: it gets the thread's context, made anew when the last one was spoilt.
pub(super) type Work = Box<dyn FnOnce(&mut Slot) -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// A thread's own context.
#[derive(Default)]
pub(super) struct Slot {
    sandbox: Option<Sandbox>,
}

impl Slot {
    /// Uses the warm context.
    pub(super) fn expressions<T>(&mut self, job: impl FnOnce(&mut Sandbox) -> Result<T, Fault>) -> Result<T, Fault> {
        let sandbox = match &mut self.sandbox {
            Some(sandbox) => sandbox,
            empty => empty.insert(Sandbox::new(Purpose::Expressions)?),
        };
        let result = job(sandbox);
        if result.as_ref().is_err_and(Fault::spoils_context) {
            self.sandbox = None;
        }
        result
    }
}

struct Job {
    work: Work,
    limit: Duration,
    give_up: Answer,
}

/// Where the result goes; whoever is first, the thread or the watcher, sends it.
struct Reply<T>(Arc<Mutex<Option<ReplyTo<T>>>>);
type ReplyTo<T> = oneshot::Sender<Result<T, EvalError>>;

impl<T> Clone for Reply<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Reply<T> {
    fn send(self, result: Result<T, EvalError>) {
        if let Some(sender) = lock(&self.0).take() {
            // Nobody listens any more when the step was cancelled.
            let _ = sender.send(result);
        }
    }
}

/// What a thread is doing.
#[derive(Default)]
struct Busy {
    until: Option<Instant>,
    give_up: Option<Answer>,
    given_up: bool,
}

/// The pool. Dropping it lets the threads end.
pub(super) struct Pool {
    /// `None` only while the pool is dropped.
    queue: Option<Sender<Job>>,
    shared: Arc<Shared>,
    most: usize,
    watcher: OnceLock<Thread>,
}

struct Shared {
    jobs: Mutex<Receiver<Job>>,
    workers: Mutex<Vec<Arc<Mutex<Busy>>>>,
    /// Jobs that were handed in and have not ended.
    open: AtomicUsize,
    given_up: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(super) fn new() -> Self {
        let (queue, jobs) = channel();
        let shared =
            Shared { jobs: Mutex::new(jobs), workers: Mutex::new(Vec::new()), open: AtomicUsize::new(0), given_up: AtomicUsize::new(0) };
        let most = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(1, 4));
        Self { queue: Some(queue), shared: Arc::new(shared), most, watcher: OnceLock::new() }
    }

    /// Does a job on one of the threads. The limit is the time after which the job should have ended by itself.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        text: &str,
        job: impl FnOnce(&mut Slot) -> Result<T, EvalError> + Send + 'static,
    ) -> Result<T, EvalError> {
        let (sender, receiver) = oneshot::channel();
        let reply = Reply(Arc::new(Mutex::new(Some(sender))));
        let late = reply.clone();
        let timeout = describe(&Fault::Timeout, text, limit);
        let work: Work = Box::new(move |slot| {
            let result = job(slot);
            Box::new(move || reply.send(result))
        });
        self.submit(Job { work, limit, give_up: Box::new(move || late.send(Err(timeout))) })?;
        receiver.await.unwrap_or_else(|_| Err(stopped("the thread that evaluates expressions stopped")))
    }

    fn submit(&self, job: Job) -> Result<(), EvalError> {
        let open = self.shared.open.fetch_add(1, Ordering::SeqCst) + 1;
        let workers = lock(&self.shared.workers).len();
        if workers < self.most && open > workers {
            start_worker(&self.shared).map_err(|why| stopped(&format!("no thread could be started for expressions: {why}")))?;
        }
        if workers == 0 && self.shared.given_up.load(Ordering::SeqCst) >= MOST_GIVEN_UP {
            return Err(stopped("too many expressions never ended; restart Sayflow and mend them"));
        }
        let sent = self.queue.as_ref().map(|queue| queue.send(job));
        self.wake_watcher();
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(stopped("the threads that evaluate expressions have ended")) }
    }

    fn wake_watcher(&self) {
        self.watcher
            .get_or_init(|| {
                let shared = Arc::downgrade(&self.shared);
                let started = std::thread::Builder::new().name("expression-watcher".to_owned()).spawn(move || watch(&shared));
                started.map_or_else(|_| std::thread::current(), |handle| handle.thread().clone())
            })
            .unpark();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(watcher) = self.watcher.get() {
            watcher.unpark();
        }
    }
}

fn start_worker(shared: &Arc<Shared>) -> std::io::Result<()> {
    let busy = Arc::new(Mutex::new(Busy::default()));
    let mine = Arc::clone(&busy);
    let home = Arc::clone(shared);
    std::thread::Builder::new().name("expressions".to_owned()).stack_size(THREAD_STACK).spawn(move || {
        work(&home, &mine);
        lock(&home.workers).retain(|other| !Arc::ptr_eq(other, &mine));
        if lock(&mine).given_up {
            home.given_up.fetch_sub(1, Ordering::SeqCst);
        }
    })?;
    lock(&shared.workers).push(busy);
    Ok(())
}

fn work(shared: &Shared, busy: &Mutex<Busy>) {
    let mut slot = Slot::default();
    loop {
        // The lock is held while waiting: the others wait for the lock instead.
        let Ok(Job { work, limit, give_up }) = lock(&shared.jobs).recv() else { return };
        {
            let mut busy = lock(busy);
            busy.until = Some(Instant::now() + limit + GRACE);
            busy.give_up = Some(give_up);
        }
        let answer = work(&mut slot);
        let mut busy = lock(busy);
        if busy.given_up {
            return;
        }
        busy.until = None;
        busy.give_up = None;
        shared.open.fetch_sub(1, Ordering::SeqCst);
        drop(busy);
        answer();
    }
}

/// Looks after threads that do not come back. Sleeps while nothing runs.
fn watch(shared: &Weak<Shared>) {
    loop {
        let Some(shared) = shared.upgrade() else { return };
        for worker in lock(&shared.workers).clone() {
            let mut busy = lock(&worker);
            if busy.until.is_none_or(|until| Instant::now() < until) {
                continue;
            }
            busy.until = None;
            busy.given_up = true;
            let give_up = busy.give_up.take();
            drop(busy);
            replace(&shared, &worker);
            if let Some(give_up) = give_up {
                give_up();
            }
        }
        let idle = shared.open.load(Ordering::SeqCst) == 0;
        drop(shared);
        if idle { std::thread::park() } else { std::thread::park_timeout(Duration::from_millis(100)) }
    }
}

fn replace(shared: &Arc<Shared>, worker: &Arc<Mutex<Busy>>) {
    lock(&shared.workers).retain(|other| !Arc::ptr_eq(other, worker));
    shared.open.fetch_sub(1, Ordering::SeqCst);
    if shared.given_up.fetch_add(1, Ordering::SeqCst) + 1 < MOST_GIVEN_UP
        && let Err(why) = start_worker(shared)
    {
        tracing::error!(%why, "no thread could be started for expressions");
    }
}

fn stopped(message: &str) -> EvalError {
    EvalError { code: "expression_threw".to_owned(), message: message.to_owned() }
}

/// A fault as it is reported, with the text of what was evaluated.
pub(super) fn describe(fault: &Fault, text: &str, limit: Duration) -> EvalError {
    let text = shorten(text);
    let (code, message) = match fault {
        Fault::Timeout => ("expression_timeout", format!("`{text}` did not end within {limit:?}")),
        Fault::Memory => {
            let most = super::sandbox::MEMORY >> 20;
            ("expression_memory", format!("`{text}` needs more memory than the {most} MiB that there are"))
        }
        Fault::Threw(what) => ("expression_threw", format!("`{text}` threw {what}")),
    };
    EvalError { code: code.to_owned(), message }
}
