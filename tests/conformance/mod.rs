//! The same questions to every implementation: to the world itself, and to the real clients over
//! the world's HTTP face on loopback.

mod goods;
mod provider;
mod shop;
mod switches;

use std::sync::Arc;
use std::time::Duration;

use woodblock::model::time::Moment;
use woodblock::outside::http::HttpSettings;
use woodblock::sandbox::{HandClock, HttpFace, World};

/// A world, its clock, and its HTTP face.
pub struct Lab {
    pub world: Arc<World>,
    pub clock: Arc<HandClock>,
    pub face: HttpFace,
}

async fn lab() -> Lab {
    let start = Moment::parse("2026-03-03T08:00:00.000Z").unwrap();
    let world = World::new(11, start);
    world.serve_files_with(|_| Some(b"\x89PNG art".to_vec()));
    let clock = Arc::new(HandClock::at(start));
    let face = HttpFace::start(world.clone(), clock.clone()).await.unwrap();
    Lab { world, clock, face }
}

impl Lab {
    /// Turns both clocks.
    pub fn set(&self, at: Moment) {
        self.clock.set(at);
        self.world.clock().set(at);
        self.world.play(at);
    }

    /// Lets everything happen that is due until nothing is left.
    pub fn run_out(&self) {
        while let Some(at) = self.world.next_event() {
            self.set(at);
        }
    }
}

/// Limits as short as a test wants them.
fn quick() -> HttpSettings {
    HttpSettings {
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(700),
        pace: Duration::ZERO,
        ..HttpSettings::default()
    }
}
