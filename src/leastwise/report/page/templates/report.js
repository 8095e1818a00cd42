"use strict";
/* Tells the row under the pointer or the arrow keys, sorts tables, hides intervals.
   Without it the page shows all the same. */
(function () {
  const byId = (id) => document.getElementById(id);
  const spoken = byId("spoken");
  const NEAR_PX = 28;
  const short = (value) => String(value).replace("-", "\u2212");

  function text(data, k) {
    const parts = ["row " + data.row[k]];
    if (data.x_value) {
      parts.push(data.x_name + " " + short(data.x_value[k]));
    }
    parts.push(data.y_name + " " + short(data.y_value[k]));
    return parts.join("\n");
  }

  function readout(data) {
    const figure = byId(data.panel);
    const plot = figure && figure.querySelector(".plot");
    if (!plot || data.row.length === 0) {
      return;
    }
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.setAttribute("aria-hidden", "true");
    const ring = document.createElement("i");
    ring.className = "ring";
    plot.append(ring, tip);
    const order = data.x.map((_, k) => k);
    order.sort((a, b) => data.x[a] - data.x[b] || data.row[a] - data.row[b]);
    let at = -1;

    function hide() {
      tip.hidden = true;
      ring.hidden = true;
    }

    function show(k) {
      tip.hidden = false;
      ring.hidden = false;
      [ring, tip].forEach((mark) => {
        mark.style.left = 100 * data.x[k] + "%";
        mark.style.top = 100 * data.y[k] + "%";
      });
      tip.textContent = text(data, k);
      tip.classList.toggle("to-left", data.x[k] > 0.5);
    }

    function point(event) {
      const box = plot.getBoundingClientRect();
      const x = event.clientX - box.left;
      const y = event.clientY - box.top;
      let found = -1;
      let best = NEAR_PX * NEAR_PX;
      for (let k = 0; k < data.x.length; k += 1) {
        const dx = data.x[k] * box.width - x;
        const dy = data.y[k] * box.height - y;
        if (dx * dx + dy * dy < best) {
          best = dx * dx + dy * dy;
          found = k;
        }
      }
      if (found < 0) {
        hide();
      } else {
        show(found);
      }
    }

    function key(event) {
      const last = order.length - 1;
      const steps = {
        ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0),
        Home: 0, End: last,
      };
      if (event.key === "Escape") {
        hide();
      } else if (event.key in steps) {
        event.preventDefault();
        at = steps[event.key];
        show(order[at]);
        spoken.textContent = text(data, order[at]).replaceAll("\n", ", ");
      }
    }

    hide();
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label",
      figure.querySelector("h3").textContent + ": arrow keys go from row to row");
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("keydown", key);
    plot.addEventListener("blur", hide);
  }

  function valueOf(row, column) {
    const cell = row.cells[column];
    const data = cell.querySelector("data");
    if (data) {
      const value = Number(data.value.replace("inf", "Infinity"));
      return Number.isNaN(value) ? null : value;
    }
    const words = cell.textContent.trim();
    return words === "\u2013" ? null : words;
  }

  function compare(one, other) {
    /* What is not known stands last. */
    if (one === null || other === null) {
      return (one === null) - (other === null);
    }
    if (typeof one === "number" && typeof other === "number") {
      return one - other;
    }
    return String(one).localeCompare(String(other));
  }

  function sortable(table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = Array.from(body.rows);
        rows.sort((a, b) => {
          const x = valueOf(a, column);
          const y = valueOf(b, column);
          const known = x !== null && y !== null;
          return compare(x, y) * (down && known ? -1 : 1);
        });
        body.append(...rows);
        spoken.textContent = "sorted by " + button.textContent +
          (down ? ", falling" : ", rising");
      });
    });
  }

  /* Columns of intervals are hidden with the bands. */
  function hideable(box) {
    const table = byId("coefficients");
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const first = table.tBodies[0].rows[0];
      if (first && first.cells[column].classList.contains("interval")) {
        head.classList.add("interval");
      }
    });
    box.addEventListener("change", () => {
      document.body.classList.toggle("no-intervals", !box.checked);
    });
    byId("controls").hidden = false;
  }

  JSON.parse(byId("points").textContent).forEach(readout);
  document.querySelectorAll("main table").forEach(sortable);
  hideable(byId("intervals"));
})();
