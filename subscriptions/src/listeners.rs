//! Who listens at the moment: an event goes to those alone who asked for its
//! subject, so that it costs what its own followers cost, not what all do.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{Event, Position};

/// Events that wait for one listener; the latest ones of all are in the log's
/// memory anyway.
const WAITING: usize = 256;

/// The listeners of a process.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Registry>);

#[derive(Default)]
struct Registry {
    /// The last event of the log that was told.
    told: Position,
    /// By subject, for those who want some.
    of_subjects: HashMap<String, Vec<Arc<Queue>>>,
    of_everything: Vec<Arc<Queue>>,
}

/// What a listener hears next.
pub(crate) enum Heard {
    Event(Arc<Event>),
    /// It was too slow and missed what came behind this position.
    Missed(Position),
}

/// A place to listen at.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Event>>,
    /// Nothing is added until the listener has heard that it missed something.
    missed: Option<Position>,
}

impl Listeners {
    /// Listens to what happens to these subjects, or to everything, until
    /// [`leave`](Self::leave).
    pub(crate) fn join(&self, subjects: Option<&HashSet<String>>) -> Arc<Queue> {
        let queue = Arc::<Queue>::default();
        let registry = &mut *lock(&self.0);
        match subjects {
            None => registry.of_everything.push(queue.clone()),
            Some(subjects) => {
                for subject in subjects {
                    registry.of_subjects.entry(subject.clone()).or_default().push(queue.clone());
                }
            }
        }
        queue
    }

    /// Ends what [`join`](Self::join) with the same subjects began.
    pub(crate) fn leave(&self, queue: &Arc<Queue>, subjects: Option<&HashSet<String>>) {
        let registry = &mut *lock(&self.0);
        let is_other = |other: &Arc<Queue>| !Arc::ptr_eq(other, queue);
        let Some(subjects) = subjects else { return registry.of_everything.retain(is_other) };
        for subject in subjects {
            if let Some(queues) = registry.of_subjects.get_mut(subject) {
                queues.retain(is_other);
                if queues.is_empty() {
                    registry.of_subjects.remove(subject);
                }
            }
        }
    }

    /// Hands on the next event of the log.
    pub(crate) fn tell(&self, event: &Arc<Event>) {
        let mut registry = lock(&self.0);
        registry.hand_out(event);
        registry.told = event.position;
    }

    /// Hands on a signal that is in no log. Its cursor is that of the last event
    /// that was handed on before it.
    pub(crate) fn pass(&self, signal: Event) {
        let registry = lock(&self.0);
        registry.hand_out(&Arc::new(Event { position: registry.told, ..signal }));
    }

    /// How many listen.
    #[cfg(test)]
    fn count(&self) -> usize {
        let registry = lock(&self.0);
        registry.of_everything.len() + registry.of_subjects.len()
    }
}

impl Registry {
    fn hand_out(&self, event: &Arc<Event>) {
        let of_subject = self.of_subjects.get(&event.subject).into_iter().flatten();
        for queue in self.of_everything.iter().chain(of_subject) {
            queue.push(event, self.told);
        }
    }
}

impl Queue {
    fn push(&self, event: &Arc<Event>, told: Position) {
        let mut state = lock(&self.state);
        match state.missed {
            Some(_) => return,
            None if state.waiting.len() >= WAITING => state.missed = Some(told),
            None => state.waiting.push_back(event.clone()),
        }
        drop(state);
        self.filled.notify_one();
    }

    /// What comes next. There is one listener.
    pub(crate) async fn next(&self) -> Heard {
        loop {
            if let Some(heard) = self.take() {
                return heard;
            }
            self.filled.notified().await;
        }
    }

    fn take(&self) -> Option<Heard> {
        let mut state = lock(&self.state);
        match state.waiting.pop_front() {
            Some(event) => {
                if state.waiting.is_empty() {
                    // Thousands of queues are empty most of the time.
                    state.waiting = VecDeque::new();
                }
                Some(Heard::Event(event))
            }
            None => state.missed.take().map(Heard::Missed),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves no half-made entry behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use entities::time::DateTime;

    use super::*;

    fn event(sequence: i64, subject: &str) -> Arc<Event> {
        Arc::new(Event {
            position: Position { transaction: 1, sequence },
            kind: "test.happened".to_owned(),
            version: 1,
            subject: subject.to_owned(),
            payload: serde_json::Value::Null,
            at: DateTime(0),
            is_passing: false,
        })
    }

    fn heard(queue: &Queue) -> Vec<String> {
        let text = |heard| match heard {
            Heard::Event(event) => format!("{}{}", event.subject, event.position.sequence),
            Heard::Missed(position) => format!("behind {}", position.sequence),
        };
        std::iter::from_fn(|| queue.take()).map(text).collect()
    }

    #[test]
    fn an_event_goes_to_those_who_asked_for_its_subject_and_to_those_who_want_all() {
        let listeners = Listeners::default();
        let subjects = HashSet::from(["a".to_owned(), "b".to_owned()]);
        let (some, all) = (listeners.join(Some(&subjects)), listeners.join(None));

        for (sequence, subject) in [(1, "a"), (2, "c"), (3, "b")] {
            listeners.tell(&event(sequence, subject));
        }
        assert_eq!(heard(&some), ["a1", "b3"]);
        assert_eq!(heard(&all), ["a1", "c2", "b3"]);

        listeners.leave(&some, Some(&subjects));
        listeners.leave(&all, None);
        listeners.tell(&event(4, "a"));
        assert_eq!((heard(&some).len(), heard(&all).len(), listeners.count()), (0, 0, 0));
    }

    #[test]
    fn who_is_too_slow_hears_what_was_kept_and_behind_what_it_missed_the_rest() {
        let listeners = Listeners::default();
        let queue = listeners.join(None);

        for sequence in 1..=300 {
            listeners.tell(&event(sequence, "a"));
        }
        let mut told = heard(&queue);
        assert_eq!((told.len(), told.pop().as_deref()), (257, Some("behind 256")));

        listeners.tell(&event(301, "a"));
        assert_eq!(heard(&queue), ["a301"]);
    }

    #[test]
    fn a_signal_has_the_cursor_of_the_event_before_it() {
        let listeners = Listeners::default();
        let queue = listeners.join(None);

        listeners.tell(&event(7, "a"));
        listeners.pass(Event::clone(&event(0, "b")));

        assert_eq!(heard(&queue), ["a7", "b7"]);
    }
}
