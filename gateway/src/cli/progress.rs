//! Progress bars on stderr; nothing when stderr is no terminal.

use std::{collections::HashMap, sync::Mutex};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// One bar for everything that is being made.
#[derive(Default)]
pub(super) struct Bars {
    all: MultiProgress,
    bars: Mutex<HashMap<&'static str, ProgressBar>>,
}

impl Bars {
    /// `done` of `total` things called `what` are there.
    pub(super) fn show(&self, what: &'static str, done: u64, total: u64) {
        let mut bars = self.bars.lock().expect("no code panics while it holds this lock");
        let bar = bars.entry(what).or_insert_with(|| self.all.add(bar(what, total)));
        bar.set_length(total);
        bar.set_position(done);
        if done >= total {
            bar.finish();
        }
    }
}

fn bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {msg:12} {bar:32} {human_pos:>9} of {human_len}")
        .expect("the template is valid");
    ProgressBar::new(total).with_style(style).with_message(what)
}
