// Keeps the countdowns going. Every page works without this.
(() => {
  const began = Date.now();
  const served = Number(document.body.dataset.now) || began;
  const now = () => served + (Date.now() - began);
  // Seconds are shown on the page of an order alone, and never in a list.
  const words = (ms, clock) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    if (d) return d + (d === 1 ? " day" : " days") + (h ? ` ${h} h` : "");
    if (h) return `${h} h` + (m ? ` ${m} min` : "");
    if (m >= 10 || (m && !clock.closest(".clock"))) return `${m} min`;
    return m ? `${m} min ${s % 60} s` : `${s} s`;
  };
  const clocks = [...document.querySelectorAll("[data-until]")];
  const show = () => {
    for (const clock of clocks) {
      const left = Number(clock.dataset.until) - now();
      clock.textContent = left <= 0 ? "a moment" : words(left, clock);
      const tone = left <= 6e5 ? "last" : left <= 36e5 ? "near" : "calm";
      clock.parentElement.className = `countdown tone-${tone}`;
    }
  };
  if (clocks.length) { show(); setInterval(show, 1000); }
  // A page whose clock has run out shows what became of it.
  const first = Math.min(...clocks.map((clock) => Number(clock.dataset.until)).filter((at) => at > now()));
  if (document.querySelector(".clock") && first - now() < 864e5) {
    setTimeout(() => { if (!document.querySelector("details[open], input:focus")) location.reload(); }, first - now() + 4000);
  }
})();
