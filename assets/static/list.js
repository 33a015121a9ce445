// The order list: ticking, keys, and rows that keep up with the shop. The list works without this.
(() => {
  const table = document.querySelector(".orders");
  if (!table) return;
  const form = document.getElementById("bulk");
  const bar = form.querySelector(".bulk-bar");
  const count = bar.querySelector(".bulk-count");
  const tickAll = table.querySelector(".tick-all");
  const all = bar.querySelector("[name=all]");
  const allLabel = bar.querySelector(".bulk-all");
  const rows = () => [...table.querySelectorAll(".order-row")];
  const tick = (row) => row.querySelector("[name=order]");
  const ticked = () => rows().filter((row) => tick(row).checked);

  // What is ticked decides what can be done with it.
  const tell = () => {
    const some = ticked().length;
    bar.classList.toggle("is-idle", !some);
    const isWhole = some > 0 && some === rows().length;
    // Beside the whole page, the rest of what fits can be meant too.
    if (allLabel) {
      if (!isWhole) all.checked = false;
      allLabel.hidden = !isWhole;
    }
    count.textContent = isWhole && all && all.checked ? "All that match" : some === 1 ? "1 order" : `${some} orders`;
    tickAll.checked = isWhole;
    tickAll.indeterminate = some > 0 && some < rows().length;
    for (const row of rows()) row.classList.toggle("is-ticked", tick(row).checked);
  };
  tickAll.hidden = false;
  tickAll.addEventListener("change", () => {
    for (const row of rows()) tick(row).checked = tickAll.checked;
    tell();
  });
  let last = null;
  table.addEventListener("click", (event) => {
    const box = event.target.closest("[name=order]");
    if (!box) return;
    const list = rows();
    const at = list.findIndex((row) => tick(row) === box);
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(at, last), Math.max(at, last)];
      for (const row of list.slice(from, to + 1)) tick(row).checked = box.checked;
    }
    last = at;
    tell();
  });
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
  tell();

  // One row is the current one; the keys move it.
  let here = -1;
  const say = (words) => {
    let line = document.querySelector(".said");
    if (!line) {
      line = document.createElement("p");
      line.className = "said notice notice-wait";
      line.setAttribute("role", "status");
      form.before(line);
    }
    line.textContent = words;
  };
  document.addEventListener("woodblock:say", (event) => say(event.detail));
  // Enter in the field of a menu presses that menu's button.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input, select")) return;
    const menu = event.target.closest(".menu-body");
    event.preventDefault();
    if (menu) menu.querySelector("button").click();
  });
  const go = (to) => {
    const list = rows();
    if (!list.length) return;
    here = Math.max(0, Math.min(list.length - 1, to));
    list[here].querySelector(".row-link").focus({ preventScroll: true });
    list[here].scrollIntoView({ block: "nearest" });
  };
  const current = () => rows().findIndex((row) => row.contains(document.activeElement));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const at = current();
    if (at >= 0) here = at;
    const isOn = document.body.dataset.keys === "on";
    // Arrows move from row to row once a row has the keyboard; before that they scroll.
    if ((isOn && event.key === "j") || (at >= 0 && event.key === "ArrowDown")) go(here + 1);
    else if ((isOn && event.key === "k") || (at >= 0 && event.key === "ArrowUp")) go(here - 1);
    else if (isOn && event.key === "x" && here >= 0 && rows()[here]) { tick(rows()[here]).click(); go(here); }
    else return;
    event.preventDefault();
  });

  // Rows change in place; none moves under the pointer, and new ones wait behind a bar.
  let newest = table.dataset.newest;
  const fresh = document.createElement("button");
  fresh.type = "button";
  fresh.className = "fresh";
  fresh.setAttribute("role", "status");
  fresh.addEventListener("click", () => location.reload());
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(document.body.dataset.changes, { redirect: "error" });
    if (!answer.ok) return;
    const now = await answer.text();
    if (now === newest) return;
    const page = await fetch(location.href, { redirect: "error" });
    if (!page.ok) return;
    newest = now;
    const other = new DOMParser().parseFromString(await page.text(), "text/html");
    const theirs = new Map([...other.querySelectorAll(".order-row")].map((row) => [row.dataset.order, row]));
    const mine = new Set();
    for (const row of rows()) {
      mine.add(row.dataset.order);
      const their = theirs.get(row.dataset.order);
      row.classList.toggle("is-gone", !their);
      if (!their || row.contains(document.activeElement)) continue;
      for (const cell of [".thumb", ".state", ".provider-cell", ".who", ".what", ".labels-cell", ".assignee-cell"]) {
        const [a, b] = [row.querySelector(cell), their.querySelector(cell)];
        if (a.innerHTML !== b.innerHTML) a.replaceChildren(...b.cloneNode(true).childNodes);
      }
      const tone = [...their.classList].find((name) => name.startsWith("tone-"));
      row.className = row.className.replace(/tone-\w+/, tone);
    }
    const added = [...theirs.keys()].filter((id) => !mine.has(id)).length;
    const gone = rows().filter((row) => row.classList.contains("is-gone")).length;
    const words = [];
    if (added) words.push(added === 1 ? "1 new order" : `${added} new orders`);
    if (gone) words.push(gone === 1 ? "1 moved on" : `${gone} moved on`);
    fresh.textContent = words.join(", ") + ". Show";
    if (words.length) form.before(fresh); else fresh.remove();
    const tabs = other.querySelectorAll(".tabs b");
    document.querySelectorAll(".tabs b").forEach((one, nth) => { if (tabs[nth]) one.textContent = tabs[nth].textContent; });
    const badges = other.querySelector(".top nav");
    if (badges) document.querySelector(".top nav").replaceChildren(...badges.cloneNode(true).childNodes);
    document.dispatchEvent(new Event("woodblock:rows"));
  };
  setInterval(() => look().catch(() => {}), 10000);
})();
