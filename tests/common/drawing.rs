//! A press that draws for real, in this process.

use async_trait::async_trait;

use woodblock::outside::press::{Press, PressError, PressJob, Pressed};
use woodblock::render;

/// Draws in this process: the designs are our own.
pub struct Drawing;

#[async_trait]
impl Press for Drawing {
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError> {
        let job = render::Job {
            design: &job.design,
            values: &job.values,
            photos: &job.photos,
            want: job.want,
        };
        render::press(&job).map_err(PressError::Problems)
    }
}
