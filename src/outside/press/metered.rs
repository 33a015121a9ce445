//! A press whose drawings are counted and timed.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{DesignFiles, Press, PressError, PressJob, Pressed, Session};
use crate::outside::design_folder::Fault;
use crate::outside::meter::{Measured, Meter};

/// Counts what a press draws.
pub struct MeteredPress {
    press: Arc<dyn Press>,
    meter: Arc<Meter>,
}

impl MeteredPress {
    /// Around a press.
    pub fn new(press: Arc<dyn Press>, meter: Arc<Meter>) -> MeteredPress {
        MeteredPress { press, meter }
    }
}

#[async_trait]
impl Press for MeteredPress {
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError> {
        let began = Instant::now();
        let drawn = self.press.draw(job).await;
        self.count(&drawn, began);
        drawn
    }

    async fn preview(&self, session: &Session, job: PressJob) -> Result<Pressed, PressError> {
        let began = Instant::now();
        let drawn = self.press.preview(session, job).await;
        self.count(&drawn, began);
        drawn
    }

    async fn check(&self, name: &str, files: DesignFiles) -> Result<Vec<Fault>, PressError> {
        self.press.check(name, files).await
    }
}

impl MeteredPress {
    fn count(&self, drawn: &Result<Pressed, PressError>, began: Instant) {
        let outcome = match drawn {
            Ok(_) => "drawn",
            Err(PressError::Problems(_)) => "cannot_be_printed",
            Err(PressError::Died(_)) => "died",
            Err(PressError::Off(_)) => "off",
        };
        self.meter.count(Measured::Drawing, "", outcome, began.elapsed());
        match drawn {
            Ok(_) | Err(PressError::Problems(_)) => self.meter.press_answered(),
            Err(PressError::Died(_) | PressError::Off(_)) => self.meter.press_died(),
        }
    }
}
