// Old and new in one place: a slider, a blink, or only what differs. Without this they stand side by side.
(() => {
  for (const place of document.querySelectorAll("[data-compare]")) {
    const tools = place.querySelector(".compare-tools");
    const range = tools.querySelector("input");
    const label = tools.querySelector(".slide-label");
    const pairs = [...place.querySelectorAll(".pair-pictures")].filter((one) => one.querySelectorAll("img").length === 2);
    if (!pairs.length) continue;
    tools.hidden = false;
    let blinking = 0;
    const cut = (share) => {
      for (const pair of pairs) pair.querySelector(".new img").style.clipPath = share === null ? "" : `inset(0 0 0 ${share}%)`;
    };
    const set = (mode) => {
      clearInterval(blinking);
      for (const one of tools.querySelectorAll("[data-mode]")) one.setAttribute("aria-pressed", String(one.dataset.mode === mode));
      for (const pair of pairs) {
        pair.classList.toggle("is-over", mode !== "side");
        pair.classList.toggle("is-difference", mode === "difference");
        pair.classList.remove("is-old");
      }
      label.hidden = mode !== "slide";
      cut(mode === "slide" ? range.value : null);
      // Slower than three times a second: nobody is hurt by it.
      if (mode === "blink") blinking = setInterval(() => {
        for (const pair of pairs) pair.classList.toggle("is-old");
      }, 900);
    };
    tools.addEventListener("click", (event) => {
      const mode = event.target.dataset.mode;
      if (mode) set(mode);
    });
    range.addEventListener("input", () => cut(range.value));
  }
})();
