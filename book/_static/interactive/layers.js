/**
 * A first flow at work: five simple bijections of the plane carry a chequerboard of N(0, I).
 * Layer k acts little by little, f_k^s with 0 ≤ s ≤ 1, f_k^0 the identity, and each f_k^s is a
 * bijection with its log|det|. A square keeps its mass, so where it grows its density falls.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const GROW = [0.3, -0.5]; // logarithms of the two factors of the first layer
  const ANGLE = Math.PI / 2; // of the third

  /** Each layer: (z, s) ↦ [x, log|det|]. */
  const LAYERS = [
    ([z1, z2], s) => [
      [z1 * Math.exp(s * GROW[0]), z2 * Math.exp(s * GROW[1])], s * (GROW[0] + GROW[1]),
    ],
    ([z1, z2], s) => [[z1, z2 + s * (1.2 * Math.cos(1.1 * z1) + 0.2)], 0],
    ([z1, z2], s) => {
      const [c, d] = [Math.cos(s * ANGLE), Math.sin(s * ANGLE)];
      return [[c * z1 - d * z2, d * z1 + c * z2], 0];
    },
    ([z1, z2], s) => {
      const log = 0.6 * s * Math.tanh(z2);
      return [[z1 * Math.exp(log), z2], log];
    },
    ([z1, z2], s) => [[z1 + 0.6 * s * Math.sin(1.4 * z2), z2], 0],
  ];
  const K = LAYERS.length;

  function logBase([z1, z2]) {
    return -0.5 * (z1 * z1 + z2 * z2) - Math.log(2 * Math.PI);
  }

  /** z carried through the layers up to time t in [0, K]: the point and the sum of log|det|. */
  function carry(z, t) {
    let [point, total] = [z, 0];
    for (let k = 0; k < Math.min(K, t); k++) {
      const [next, log] = LAYERS[k](point, Math.min(1, t - k));
      [point, total] = [next, total + log];
    }
    return { x: point, logDet: total, density: Math.exp(logBase(z) - total) };
  }

  const CELLS = 8;
  const SIDE = 0.5;
  const REACH = (CELLS * SIDE) / 2; // the chequerboard is [−REACH, REACH]²

  function corner(column, row) {
    return [(column - 1) * SIDE - REACH, (row - 1) * SIDE - REACH];
  }

  function middle(column, row) {
    return corner(column, row).map((value) => value + SIDE / 2);
  }

  /** The edge of a square, n points a side, carried to time t. */
  function outline(column, row, t, n) {
    const [a, b] = corner(column, row);
    return Array.from({ length: 4 * n }, (_, k) => {
      const [side, u] = [Math.floor(k / n), ((k % n) / n) * SIDE];
      const z = [[a + u, b], [a + SIDE, b + u], [a + SIDE - u, b + SIDE], [a, b + SIDE - u]][side];
      return carry(z, t).x;
    });
  }

  /** Gauss's formula for the area inside a polygon. */
  function area(points) {
    return 0.5 * points.reduce((sum, [x, y], k) => {
      const [u, v] = points[(k + 1) % points.length];
      return sum + x * v - u * y;
    }, 0);
  }

  /** Pr(a < N(0, 1) < a + SIDE). */
  function slab(a) {
    return 0.5 * (NF.erf((a + SIDE) / Math.SQRT2) - NF.erf(a / Math.SQRT2));
  }

  /** The numbers of the chosen square: point, density, area and mass. */
  function chosen(state) {
    const { column, row, t } = state;
    const z = middle(column, row);
    const [a, b] = corner(column, row);
    const mass = slab(a) * slab(b);
    const size = area(outline(column, row, t, 64));
    return { z, ...carry(z, t), mass, area: size, mean: mass / size };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { t: 2, column: 7, row: 5, width: 460 };

  const controls = [
    { key: "t", kind: "range", min: 0, max: K, step: 0.05, digits: 2 },
    { key: "column", kind: "range", min: 1, max: CELLS, step: 1 },
    { key: "row", kind: "range", min: 1, max: CELLS, step: 1 },
  ];

  function reduce(state, change) {
    const next = { ...state, ...change };
    const clip = (value, low, high) => Math.min(Math.max(value, low), high);
    next.t = clip(Math.round(next.t * 20) / 20, 0, K);
    next.column = clip(Math.round(next.column), 1, CELLS);
    next.row = clip(Math.round(next.row), 1, CELLS);
    next.width = clip(next.width, 280, 720);
    return next;
  }

  const strings = {
    es: {
      controls: { t: "Capas aplicadas", column: "Cuadrado: columna", row: "Cuadrado: fila" },
      layers: ["estirar", "doblar", "girar", "ensanchar", "ondular"],
      base: "base",
      layer: (k, name) => `capa ${k}: ${name}`,
      label: (t, name) => "El plano con ejes x1 y x2. Un damero de 64 cuadrados de la base gaussiana,"
        + ` llevado por ${t} de 5 capas (${name}). La tinta es más intensa donde la densidad es mayor;`
        + " el cuadrado elegido tiene borde grueso y un hilo muestra el camino de su centro.",
      where: "centro", stretch: "factor de área", density: "densidad",
      caption: (column, row) => `Cuadrado de columna ${column} y fila ${row}`,
      note: (mass, area, mean, density) => `Su masa es siempre ${mass}; su área ahora es ${area};`
        + ` masa sobre área da ${mean}, y la densidad en el centro es ${density}.`,
      summary: (t, x1, x2, area, density) => `${t} capas: el centro del cuadrado está en`
        + ` (${x1}, ${x2}), su área es ${area} y la densidad allí es ${density}.`,
    },
    en: {
      controls: { t: "Layers applied", column: "Square: column", row: "Square: row" },
      layers: ["stretch", "bend", "turn", "widen", "ripple"],
      base: "base",
      layer: (k, name) => `layer ${k}: ${name}`,
      label: (t, name) => "The plane with axes x1 and x2. A chequerboard of 64 squares of the Gaussian base,"
        + ` carried by ${t} of 5 layers (${name}). The ink is stronger where the density is higher;`
        + " the chosen square has a thick edge and a thread shows the path of its centre.",
      where: "centre", stretch: "area factor", density: "density",
      caption: (column, row) => `Square of column ${column} and row ${row}`,
      note: (mass, area, mean, density) => `Its mass is always ${mass}; its area now is ${area};`
        + ` mass over area gives ${mean}, and the density at the centre is ${density}.`,
      summary: (t, x1, x2, area, density) => `${t} layers: the centre of the square is at`
        + ` (${x1}, ${x2}), its area is ${area} and the density there is ${density}.`,
    },
  };

  /** The name of what is being applied at time t. */
  function stage(t, words) {
    const k = Math.ceil(t);
    return k === 0 ? words.base : words.layer(k, words.layers[k - 1]);
  }

  // ---------------------------------------------------------------- the drawing

  const WIDE = 4.1; // the window is [−WIDE, WIDE] × [LOW, HIGH]
  const [LOW, HIGH] = [-3.6, 3.6];

  function layout(width) {
    const [left, right, top, below] = [30, 10, 30, 40];
    const unit = (width - left - right) / (2 * WIDE);
    const bottom = top + (HIGH - LOW) * unit;
    return {
      left, top, bottom, right: width - right, width, height: Math.round(bottom + below),
      x: NF.scale(-WIDE, WIDE, left, width - right),
      y: NF.scale(LOW, HIGH, bottom, top),
    };
  }

  const { line, text } = NF;

  function frame(at, state, words) {
    const marks = [];
    for (const v of [-3, -2, -1, 0, 1, 2, 3]) {
      marks.push(line("nf-grid", [[at.x(v), at.top], [at.x(v), at.bottom]]));
      marks.push(line("nf-grid", [[at.left, at.y(v)], [at.right, at.y(v)]]));
      marks.push(text(at.x(v), at.bottom + 16, "middle", v));
      marks.push(text(at.left - 6, at.y(v) + 4, "end", v));
    }
    marks.push(line("nf-axis", [[at.left, at.top], [at.left, at.bottom], [at.right, at.bottom]]));
    marks.push(text(at.left - 6, at.top - 8, "end", NF.svgMath("x_2"), "nf-name"));
    marks.push(text(at.right, at.bottom + 31, "end", NF.svgMath("x_1"), "nf-name"));
    const kind = state.t === 0 ? "nf-base-text" : "nf-model-text";
    marks.push(text(at.left + 6, at.top - 8, "start", stage(state.t, words), `nf-name ${kind}`));
    return marks;
  }

  /** Ink of a square: a little for any, more where the density is higher. */
  function ink(density) {
    return Math.min(1, 0.12 + 0.88 * Math.sqrt(density / 0.36));
  }

  function square(at, state, column, row, on) {
    const { t } = state;
    const points = outline(column, row, t, 3).map(([x, y]) => [at.x(x), at.y(y)]);
    const kind = t === 0 ? "nf-base" : "nf-model";
    return NF.tag("path", {
      class: `nf-cell ${kind}${on ? " nf-on" : ""}`, d: NF.path(points, true),
      opacity: on ? 1 : ink(carry(middle(column, row), t).density),
      "data-pick": JSON.stringify({ column, row }),
    });
  }

  function squares(at, state) {
    const marks = [];
    for (let column = 1; column <= CELLS; column++) {
      for (let row = 1; row <= CELLS; row++) {
        if (column !== state.column || row !== state.row) {
          marks.push(square(at, state, column, row, false));
        }
      }
    }
    return [...marks, square(at, state, state.column, state.row, true)];
  }

  /** Where the centre of the chosen square has been. */
  function trail(at, state) {
    const z = middle(state.column, state.row);
    const steps = Math.round(state.t * 10);
    const points = Array.from({ length: steps + 1 }, (_, k) => carry(z, (state.t * k) / (steps || 1)).x);
    const seen = points.map(([x, y]) => [at.x(x), at.y(y)]);
    const [cx, cy] = seen[seen.length - 1];
    return [line("nf-ghost", seen), NF.tag("circle", { class: "nf-dot", cx, cy, r: 3.5 })];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const at = layout(state.width);
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${at.width} ${at.height}`,
      "aria-label": words.label(state.t.toFixed(2), stage(state.t, words)),
    }, ...frame(at, state, words), ...squares(at, state), ...trail(at, state));
  }

  /** The account of the chosen square, a line a layer. */
  function readout(state, words) {
    const N = NF.number;
    const point = ([x, y]) => `(${x.toFixed(2)}, ${y.toFixed(2)})`;
    const now = chosen(state);
    const rows = [`<tr class="nf-base"><th scope="row">${words.base}</th><td>${point(now.z)}</td>
      <td>1</td><td>${N("density0", carry(now.z, 0).density)}</td></tr>`];
    for (let k = 1; k <= Math.ceil(state.t); k++) {
      const [before, after] = [carry(now.z, k - 1), carry(now.z, Math.min(k, state.t))];
      rows.push(`<tr class="nf-model"><th scope="row">${words.layer(k, words.layers[k - 1])}</th>
        <td>${point(after.x)}</td><td>${N(`stretch${k}`, Math.exp(after.logDet - before.logDet))}</td>
        <td>${N(`density${k}`, after.density)}</td></tr>`);
    }
    const note = words.note(
      N("mass", now.mass), N("area", now.area), N("mean", now.mean), N("density", now.density),
    );
    return `<table class="nf-table"><caption>${words.caption(state.column, state.row)}</caption>
      <thead><tr><td></td><th scope="col">${words.where}</th><th scope="col">${words.stretch}</th>
        <th scope="col">${words.density}</th></tr></thead>
      <tbody>${rows.join("")}</tbody></table><p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { x, area: size, density } = chosen(state);
    return words.summary(
      state.t.toFixed(2), x[0].toFixed(2), x[1].toFixed(2), size.toFixed(3), density.toFixed(4),
    );
  }

  NF.register("layers", {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "t", from: 0, to: K, seconds: 10 },
    model: { carry, area, outline, middle, corner, chosen },
  });
})(globalThis.NFInteractive);
