// The editor: what is typed is drawn at once, can be taken back, and is not left by mistake. The page
// works without this; then pictures come with the Preview button and photos are moved by numbers.
(() => {
  const form = document.getElementById("edit");
  if (!form) return;
  const $ = (css, from = document) => from.querySelector(css);
  const $$ = (css, from = document) => [...from.querySelectorAll(css)];
  const make = (name, text, attributes = {}) => {
    const one = document.createElement(name);
    if (text) one.textContent = text;
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    return one;
  };
  const svg = (name, attributes) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    return one;
  };

  // What is in the form. Marks of the page itself and files are no part of it.
  const ours = (one) => one.name && /^(value|of|shapes|laid|turn|mirror|x|y|zoom|test)\.|^field\./.test(one.name) && one.type !== "file";
  const fields = () => [...form.elements].filter(ours);
  const read = () => JSON.stringify(fields().map((one) => (one.type === "radio" || one.type === "checkbox" ? one.checked : one.value)));
  const write = (state) => {
    const values = JSON.parse(state);
    fields().forEach((one, at) => {
      if (one.type === "radio" || one.type === "checkbox") one.checked = values[at];
      else one.value = values[at];
    });
    for (const one of croppers) one.show();
    for (const one of $$("[data-photo]", form)) showPhoto(one);
  };

  // Undo and redo without limit. Typing in one field is one step until somebody pauses.
  const history = { past: [], future: [], now: read(), field: null, at: 0 };
  const first = history.now;
  const undoButton = $("[data-undo]");
  const redoButton = $("[data-redo]");
  const state = $("[data-state]");
  let leaving = false;
  const isDirty = () => form.hasAttribute("data-changed") || read() !== first;
  const tellHistory = () => {
    if (undoButton) undoButton.disabled = !history.past.length;
    if (redoButton) redoButton.disabled = !history.future.length;
  };
  const note = (field) => {
    const now = read();
    if (now === history.now) return;
    const isSameStep = field && field === history.field && performance.now() - history.at < 900;
    if (!isSameStep) history.past.push(history.now);
    Object.assign(history, { future: [], now, field, at: performance.now() });
    tellHistory();
  };
  const step = (from, to) => {
    const other = from.pop();
    if (other === undefined) return;
    to.push(history.now);
    Object.assign(history, { now: other, field: null });
    write(other);
    tellHistory();
    ask();
  };
  const undo = () => step(history.past, history.future);
  const redo = () => step(history.future, history.past);
  for (const [button, act] of [[undoButton, undo], [redoButton, redo]]) {
    if (!button) continue;
    button.hidden = false;
    button.addEventListener("click", act);
  }
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z") {
      event.preventDefault();
      event.shiftKey ? redo() : undo();
    } else if (key === "y") {
      event.preventDefault();
      redo();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && isDirty()) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    // A refused or interrupted submission leaves the page open.
    setTimeout(() => { leaving = false; }, 4000);
  });

  // One question at a time, the newest last; answers to older ones are dropped.
  const trouble = $("[data-trouble]");
  const busy = $("[data-busy]");
  let seq = 0;
  let shown = 0;
  let isAsking = false;
  let isWanted = false;
  const say = (words) => {
    trouble.hidden = !words;
    trouble.textContent = words;
  };
  const ask = () => {
    isWanted = true;
    if (!isAsking) run();
  };
  const run = async () => {
    isAsking = true;
    busy.hidden = false;
    while (isWanted) {
      isWanted = false;
      seq += 1;
      const mine = seq;
      const body = new FormData(form);
      body.delete("once");
      body.delete("act");
      body.set("seq", mine);
      const stage = $("[data-stage]");
      body.set("width", Math.round(Math.max(320, stage.clientWidth) * Math.min(devicePixelRatio, 2)));
      const sent = $$("input[type=file]", form).filter((one) => one.files.length);
      try {
        const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } });
        if (!(answer.headers.get("content-type") || "").startsWith("application/json")) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          throw new Error($("main p", page)?.textContent.trim() || `The answer was ${answer.status}.`);
        }
        const drawn = await answer.json();
        if (shown < drawn.seq) {
          shown = drawn.seq;
          say("");
          take(drawn, sent);
          if (1 < drawn.seq || isDirty()) askMockupsLater();
        }
      } catch (error) {
        say(`Not drawn: ${error.message} What you typed is still here.`);
      }
    }
    isAsking = false;
    busy.hidden = true;
  };
  // The product comes a moment later: it takes longer, and nobody looks at it while typing.
  let later = 0;
  let lastMockups = 0;
  const askMockups = async () => {
    lastMockups += 1;
    const mine = lastMockups;
    const body = new FormData(form);
    body.delete("once");
    body.delete("act");
    for (const one of $$("input[type=file]", form)) body.delete(one.name);
    for (const one of $$("input[type=hidden][name^='value.']", form)) body.set(one.name, one.value);
    try {
      const answer = await fetch(form.dataset.mockupsAt, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok || mine < lastMockups) return;
      const shownThere = $("[data-mockups]");
      shownThere.replaceChildren(...(await answer.json()).map((one) => {
        const figure = make("figure", "", { class: "file", "data-mockup": one.key });
        figure.append(make("img", "", { src: one.href, width: one.width, height: one.height, alt: `${one.title}, with this design` }), make("figcaption", one.title));
        return figure;
      }));
    } catch {
      // The old picture stays; the next drawing asks again, and the design itself tells what is wrong.
    }
  };
  const askMockupsLater = () => {
    if (!$("[data-mockups]")) return;
    clearTimeout(later);
    later = setTimeout(askMockups, 400);
  };
  let waiting = 0;
  const askSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 50);
  };

  const take = (drawn, sent) => {
    for (const input of sent) {
      const key = input.name.slice("value.".length);
      const photo = drawn.photos && drawn.photos[key];
      if (!photo || !input.files.length) continue;
      // Another photo is a step that can be taken back.
      history.past.push(history.now);
      Object.assign(history, { future: [], field: null });
      tellHistory();
      const place = input.closest("[data-photo]");
      $(`input[type=hidden][name="value.${CSS.escape(key)}"]`, place).value = photo.hash;
      input.value = "";
      for (const [name, value] of [["x", 50], ["y", 50], ["zoom", 100], ["turn", "0"]]) $(`[name="${name}.${CSS.escape(key)}"]`, place).value = value;
      $(`[name="mirror.${CSS.escape(key)}"]`, place).checked = false;
    }
    for (const [key, said] of Object.entries(drawn.fields)) tellField(key, said, drawn);
    // A field may be asked for because of another one.
    for (const one of $$("[data-entry]", form)) one.hidden = (drawn.unasked || []).includes(one.dataset.entry);
    const before = $$("[data-problem]");
    for (const one of before) one.remove();
    for (const words of drawn.problems) trouble.before(make("p", words, { class: "notice notice-bad", "data-problem": "" }));
    $("[data-crossings]")?.replaceChildren(...drawn.crossings.map((words) => make("li", words)));
    draw(drawn.pictures);
    if (drawn.beside) tellBeside(drawn.beside);
    if (state && drawn.changes !== undefined) state.textContent = drawn.changes === 0 ? "Nothing changed" : drawn.changes === 1 ? "1 field changed" : `${drawn.changes} fields changed`;
    const head = $(".editor-stage h2");
    if (head) head.textContent = isDirty() ? "Preview, not saved" : "As it stands";
    // The photo's shape arrives with its first drawing; that is no step of the person.
    history.now = read();
  };

  const tellField = (key, said, drawn) => {
    const entry = $(`[data-entry="${CSS.escape(key)}"]`, form);
    if (!entry) return;
    entry.classList.toggle("has-problem", said.problems.length > 0);
    const parts = [];
    if (said.quality) parts.push(make("p", said.quality, { class: `quality mark-${said.mark || "shrunk"}` }));
    if (said.marked.length) {
      const line = make("p", "", { class: "marked" });
      for (const [words, isLacking] of said.marked) line.append(make(isLacking ? "u" : "span", words));
      line.append(" ", make("small", "underlined: not in the font"));
      parts.push(line);
    }
    for (const words of said.problems) parts.push(make("p", words, { class: "field-problem" }));
    for (const words of said.remarks) parts.push(make("p", words, { class: "field-remark" }));
    const place = $(`[data-said="${CSS.escape(key)}"]`, entry);
    const same = place.children.length === parts.length && parts.every((one, at) => one.isEqualNode(place.children[at]));
    if (!same) place.replaceChildren(...parts);
    const photo = $(`[data-photo="${CSS.escape(key)}"]`, form);
    if (photo) {
      const fresh = drawn.photos && drawn.photos[key];
      if (said.shapes && fresh) {
        $(`[name="shapes.${CSS.escape(key)}"]`, photo).value = said.shapes;
        $(`[name="laid.${CSS.escape(key)}"]`, photo).value = fresh.laid;
      }
      if (fresh) $(`[name="of.${CSS.escape(key)}"]`, photo).value = fresh.hash;
      showPhoto(photo, fresh);
    }
  };

  // The old picture stays until the new one is there.
  const draw = (pictures) => {
    const stage = $("[data-stage]");
    $("[data-none]")?.remove();
    const gone = $$(".sheet", stage).filter((one) => !pictures.some((picture) => picture.area === one.dataset.area));
    if (pictures.length) for (const one of gone) one.closest("figure").remove();
    for (const picture of pictures) {
      let sheet = $(`.sheet[data-area="${CSS.escape(picture.area)}"]`, stage);
      if (!sheet) {
        const figure = make("figure", "", { class: "file" });
        sheet = make("div", "", { class: "sheet", "data-area": picture.area });
        sheet.append(make("img", "", { alt: picture.title }), svg("svg", { class: "over", viewBox: "0 0 1000 1000", preserveAspectRatio: "none", "aria-hidden": "true" }));
        $("svg", sheet).append(svg("g", { class: "spots" }));
        figure.append(sheet, make("figcaption", picture.title));
        stage.append(figure);
      }
      const fresh = new Image();
      const mine = shown;
      fresh.onload = () => {
        if (mine < shown && sheet.dataset.seq > mine) return;
        sheet.dataset.seq = mine;
        const image = $("img", sheet);
        image.width = picture.width;
        image.height = picture.height;
        image.src = picture.href;
      };
      fresh.src = picture.href;
      $(".spots", sheet).replaceChildren(...picture.spots.map((spot) =>
        svg("rect", { class: "spot", "data-field": spot.field, x: spot.left, y: spot.top, width: spot.width, height: spot.height })));
    }
    light();
  };

  // A press on the picture leads to its field, and the field is shown in the picture.
  const input = (key) => $(`.cropper`, $(`[data-photo="${CSS.escape(key)}"]`, form) || form.ownerDocument.createElement("i")) || $(`[name="value.${CSS.escape(key)}"]:not([type=hidden])`, form);
  $("[data-stage]").addEventListener("click", (event) => {
    const key = event.target.dataset?.field;
    if (!key) return;
    const one = input(key);
    one?.focus();
    one?.scrollIntoView({ block: "nearest" });
  });
  let lit = null;
  const light = () => {
    for (const one of $$(".spot")) one.classList.toggle("is-lit", one.dataset.field === lit);
  };
  form.addEventListener("focusin", (event) => {
    lit = event.target.closest("[data-entry]")?.dataset.entry || null;
    light();
  });

  const tellBeside = (beside) => {
    const place = $("[data-beside]");
    if (!place) return;
    place.replaceChildren(...beside.rows.map((row) => {
      const one = make("div", "", { class: row.is_same ? "beside-row" : "beside-row is-different" });
      one.append(make("b", row.label));
      if (row.picture) one.append(make("img", "", { class: "given", src: row.picture, alt: `${row.label} as it was given` }));
      else {
        const line = make("p", "", { class: "words" });
        for (const part of row.parts) line.append(make({ given: "del", design: "ins" }[part.side] || "span", part.words), " ");
        one.append(line);
      }
      const words = row.is_same ? "the same on the design" : row.picture ? "the design shows another picture" : "struck out: given, not on the design. Underlined: on the design, not given";
      one.append(make("small", words));
      return one;
    }));
    const checks = $$("[data-checks] span");
    if (checks.length === beside.checks.length) checks.forEach((one, at) => {
      if (one.textContent === beside.checks[at]) return;
      one.textContent = beside.checks[at];
      one.parentElement.querySelector("input").checked = false;
    });
  };

  // Characters as people see them.
  const graphemes = (text) => {
    if (!Intl.Segmenter) return [...text].length;
    return [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.trim())].length;
  };
  const tellCount = (one) => {
    const place = $(`[data-count="${CSS.escape(one.name.slice("value.".length))}"]`, form);
    if (!place || !one.dataset.max) return;
    const count = graphemes(one.value);
    place.textContent = `${count} of ${one.dataset.max}`;
    place.classList.toggle("is-over", Number(one.dataset.max) < count);
  };
  for (const one of $$("[data-max]", form)) tellCount(one);

  // A photo in its frame.
  const croppers = [];
  const cropper = (place) => {
    const key = place.dataset.photo;
    const number = (name) => $(`[name="${name}.${CSS.escape(key)}"]`, place);
    const frame = $(".cropper", place);
    if (!frame || frame.dataset.live) return;
    frame.dataset.live = "yes";
    frame.tabIndex = 0;
    $(".crop-pad", place).hidden = false;
    place.classList.add("is-live");
    const image = $("img", frame);
    image.draggable = false;
    const get = () => ({ x: Number(number("x").value), y: Number(number("y").value), zoom: Number(number("zoom").value) });
    const shapes = () => {
      const [a, b, c, d] = number("shapes").value.split(" ").map(Number);
      return a && b && c && d ? { photo: a / b, frame: c / d } : null;
    };
    const turn = () => ({ quarters: Number(number("turn").value) / 90, isMirrored: number("mirror").checked });
    // The shapes are those of the photo as it was laid when they were told.
    const lay = () => {
      const { quarters, isMirrored } = turn();
      const laid = `${quarters * 90}${isMirrored ? "m" : ""}`;
      const sides = number("shapes").value.split(" ");
      if (sides.length === 4 && (parseInt(number("laid").value, 10) / 90 - quarters) % 2) {
        number("shapes").value = [sides[1], sides[0], sides[2], sides[3]].join(" ");
      }
      number("laid").value = laid;
    };
    const turnTo = (quarters, isMirrored) => {
      number("turn").value = String(((quarters + 4) % 4) * 90);
      number("mirror").checked = isMirrored;
      lay();
      show();
      note();
      askSoon();
    };
    // Shares of the photo that the frame shows, across and down.
    const part = (zoom, { photo, frame: own }) => {
      const ratio = own / photo;
      const [width, height] = ratio >= 1 ? [1, 1 / ratio] : [ratio, 1];
      return { width: (width * 100) / zoom, height: (height * 100) / zoom };
    };
    const show = () => {
      const both = shapes();
      if (!both) return;
      const { x, y, zoom } = get();
      const { width, height } = part(Math.max(100, zoom || 100), both);
      frame.style.aspectRatio = String(both.frame);
      frame.classList.add("is-framed");
      image.style.width = `${100 / width}%`;
      image.style.height = `${100 / height}%`;
      image.style.left = `${(-(1 - width) * x) / width}%`;
      image.style.top = `${(-(1 - height) * y) / height}%`;
      const { quarters, isMirrored } = turn();
      image.style.transform = quarters || isMirrored ? `rotate(${quarters * 90}deg)${isMirrored ? " scaleX(-1)" : ""}` : "";
      if (quarters % 2) {
        // Its own width runs down the frame: sized and placed so that, turned, it stands where it should.
        const [across, down] = [100 / width, 100 / height];
        const [own, high] = [down / both.frame, across * both.frame];
        image.style.width = `${own}%`;
        image.style.height = `${high}%`;
        image.style.left = `${(-(1 - width) * x) / width + (across - own) / 2}%`;
        image.style.top = `${(-(1 - height) * y) / height + (down - high) / 2}%`;
      }
    };
    const set = (next, step) => {
      const within = (value, low, high) => Math.round(Math.min(high, Math.max(low, value)) * 10) / 10;
      number("x").value = within(next.x, 0, 100);
      number("y").value = within(next.y, 0, 100);
      number("zoom").value = within(next.zoom, 100, 1000);
      show();
      note(step);
      askSoon();
    };
    // Moves the photo by shares of the frame.
    const move = (dx, dy, step) => {
      const both = shapes();
      if (!both) return;
      const now = get();
      const { width, height } = part(now.zoom, both);
      const free = (share) => Math.max(1e-6, 1 - share);
      set({
        zoom: now.zoom,
        x: width < 0.999 ? now.x - (dx * width * 100) / free(width) : now.x,
        y: height < 0.999 ? now.y - (dy * height * 100) / free(height) : now.y,
      }, step);
    };
    const zoom = (factor, step) => {
      const now = get();
      set({ ...now, zoom: now.zoom * factor }, step);
    };
    const acts = {
      left: () => move(-0.04, 0), right: () => move(0.04, 0), up: () => move(0, -0.04), down: () => move(0, 0.04),
      in: () => zoom(1.1), out: () => zoom(1 / 1.1), reset: () => set({ x: 50, y: 50, zoom: 100 }),
      turn: () => turnTo(turn().quarters + 1, turn().isMirrored),
      // What is seen is mirrored, however it was turned before.
      mirror: () => turnTo(-turn().quarters, !turn().isMirrored),
    };
    for (const button of $$("[data-move]", place)) button.addEventListener("click", () => acts[button.dataset.move]());
    frame.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 0.2 : 0.02;
      const keys = {
        ArrowLeft: () => move(-far, 0, `${key} keys`), ArrowRight: () => move(far, 0, `${key} keys`),
        ArrowUp: () => move(0, -far, `${key} keys`), ArrowDown: () => move(0, far, `${key} keys`),
        "+": acts.in, "=": acts.in, "-": acts.out, "0": acts.reset, r: acts.turn, m: acts.mirror,
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 500), `${key} wheel`);
    }, { passive: false });
    // One finger or the mouse moves; two fingers make larger and smaller.
    const down = new Map();
    let gesture = 0;
    const span = () => {
      const [a, b] = [...down.values()];
      return Math.hypot(a.x - b.x, a.y - b.y);
    };
    frame.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      frame.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      gesture += 1;
      frame.classList.add("is-held");
    });
    frame.addEventListener("pointermove", (event) => {
      const was = down.get(event.pointerId);
      if (!was) return;
      const before = down.size === 2 ? span() : 0;
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      // One gesture is one step back.
      history.at = performance.now();
      if (before) zoom(span() / before, `${key} ${gesture}`);
      else move((event.clientX - was.x) / frame.clientWidth, (event.clientY - was.y) / frame.clientHeight, `${key} ${gesture}`);
    });
    const up = (event) => {
      down.delete(event.pointerId);
      frame.classList.toggle("is-held", down.size > 0);
    };
    frame.addEventListener("pointerup", up);
    frame.addEventListener("pointercancel", up);
    for (const name of ["x", "y", "zoom"]) number(name).addEventListener("input", show);
    for (const name of ["turn", "mirror"]) number(name).addEventListener("change", () => { lay(); show(); });
    croppers.push({ show: () => { lay(); show(); } });
    lay();
    show();
  };
  const showPhoto = (place, fresh) => {
    const key = place.dataset.photo;
    const hash = $(`input[type=hidden][name="value.${CSS.escape(key)}"]`, place).value;
    let frame = $(".cropper", place);
    if (!frame && fresh) {
      const label = $("legend", place).firstChild.textContent.trim();
      frame = make("div", "", { class: "cropper", role: "group", "aria-roledescription": "crop frame", "aria-label": `${label}: drag the picture, or use the arrow keys, plus and minus, R to turn and M to mirror` });
      frame.append(make("img", "", { class: "photo", alt: label }));
      $(".crop-pad", place).before(frame);
    }
    if (!frame) return;
    const image = $("img", frame);
    const base = (fresh && fresh.href) || image.src.replace(/[^/]*$/, hash);
    if (hash && new URL(base, location).href !== image.src) image.src = base;
    cropper(place);
    for (const one of croppers) one.show();
  };
  for (const place of $$("[data-photo]", form)) cropper(place);

  form.addEventListener("input", (event) => {
    const one = event.target;
    if (one.type === "file" || !ours(one)) return;
    if (one.dataset.max) tellCount(one);
    note(one.name);
    askSoon();
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") ask();
    else if (ours(event.target)) {
      note(event.target.name);
      askSoon();
    }
  });
  for (const one of $$("[data-only-plain]", form)) one.hidden = true;

  // The order waits while the page is open.
  const lease = $("[data-lease]");
  const renew = async () => {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    try {
      const answer = await fetch(form.dataset.leaseAt, { method: "POST", body });
      if (!answer.ok) throw new Error();
      const told = await answer.json();
      lease.textContent = told.until;
      lease.dataset.lease = told.until_ms;
      if (told.locked) say(told.locked);
      else if (String(told.revision) !== form.elements.revision.value) say("Somebody saved another revision meanwhile. Finish shows you both before anything is overwritten.");
    } catch {
      say("The order cannot be kept waiting: the server does not answer. Your edit is still here.");
    }
  };
  if (lease && form.dataset.leaseAt) setInterval(renew, 60000);
  tellHistory();
})();
