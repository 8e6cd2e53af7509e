/**
 * One planar layer of the plane, x = f(z) = z + u tanh(wᵀz + b) with z ~ N(0, I).
 * w = |w| (cos t, sin t), and u = (c/|w|) w/|w| + s n with n perpendicular to w, so that wᵀu = c:
 * c is the bend, and decides the determinant 1 + c sech²(wᵀz + b); s is the shear.
 * The grid, the density of x as cells of ink, and the map g(a) = a + c tanh(a + b) of the line.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  /** The vectors of the layer. */
  function layer({ angle, norm, bend, shear, shift }) {
    const turn = (angle * Math.PI) / 180;
    const e = [Math.cos(turn), Math.sin(turn)];
    const n = [-e[1], e[0]];
    const w = e.map((v) => norm * v);
    const u = [0, 1].map((k) => (bend / norm) * e[k] + shear * n[k]);
    return { w, u, b: shift, c: bend };
  }

  function dot([a, b], [c, d]) {
    return a * c + b * d;
  }

  /** x = z + u tanh(wᵀz + b). */
  function forward({ w, u, b }, z) {
    const t = Math.tanh(dot(w, z) + b);
    return [z[0] + t * u[0], z[1] + t * u[1]];
  }

  /** det J_f(z) = t² + (1 + c)(1 − t²), the slope of g at wᵀz. */
  function det({ w, b, c }, z) {
    const t = Math.tanh(dot(w, z) + b);
    return t * t + (1 + c) * (1 - t * t);
  }

  /** The z with f(z) = x: one number a solves a + c tanh(a + b) = wᵀx. For c ≥ −1. */
  function inverse({ w, u, b, c }, x) {
    const y = dot(w, x);
    const g = (a) => a + c * Math.tanh(a + b);
    const slope = (a) => 1 + c * (1 - Math.tanh(a + b) ** 2);
    const a = NF.solveIncreasing(g, slope, y, y - Math.abs(c), y + Math.abs(c));
    const t = Math.tanh(a + b);
    return [x[0] - t * u[0], x[1] - t * u[1]];
  }

  /** p_X(x) for z ~ N(0, I), where f is injective. */
  function density(f, x) {
    const z = inverse(f, x);
    return Math.exp(-dot(z, z) / 2) / (2 * Math.PI) / det(f, z);
  }

  /** How many z there are with g(a) = y: 1, or more where the line folds. */
  function preimages({ b, c }, y) {
    const g = (a) => a + c * Math.tanh(a + b);
    let count = 0;
    const [low, high, steps] = [y - Math.abs(c) - 1, y + Math.abs(c) + 1, 4000];
    let before = g(low) - y;
    for (let k = 1; k <= steps; k++) {
      const now = g(low + ((high - low) * k) / steps) - y;
      if (before < 0 !== now < 0) count += 1;
      before = now;
    }
    return count;
  }

  /** The numbers that the figure shows. */
  function measure(state) {
    const f = layer(state);
    const still = f.w.map((v) => (-f.b * v) / dot(f.w, f.w)); // on the line wᵀz + b = 0
    return {
      ...f,
      still: det(f, still),
      far: 1,
      origin: det(f, [0, 0]),
      injective: f.c >= -1,
      density: f.c > -1 ? density(f, still) : NaN,
      folded: preimages(f, -f.b),
    };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { angle: 30, norm: 1.5, bend: 2, shear: 0.5, shift: 0, width: 560 };

  const LIMITS = { angle: [0, 180], norm: [0.5, 3], bend: [-2, 4], shear: [-2, 2], shift: [-2, 2] };
  const STEPS = { angle: [5, 0], norm: [0.1, 1], bend: [0.05, 2], shear: [0.1, 1], shift: [0.1, 1] };

  const controls = Object.entries(LIMITS).map(([key, [min, max]]) => (
    { key, kind: "range", min, max, step: STEPS[key][0], digits: STEPS[key][1] }
  ));

  /** The next state, inside the limits of the controls. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    for (const [key, [min, max]] of Object.entries(LIMITS)) {
      next[key] = Math.min(Math.max(next[key], min), max);
    }
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: {
        angle: "Ángulo de w (grados)", norm: "Norma de w", bend: "c = wᵀu",
        shear: "Cizalla: u a lo largo de la recta", shift: "b",
      },
      label: (c) => "Izquierda: grilla del plano y recta que no se mueve."
        + ` Centro: su imagen por la capa plana con c = ${c}, sobre la densidad.`
        + " Derecha: la función g, cuya pendiente es el determinante.",
      caption: "Determinante de la matriz jacobiana", where: "dónde", value: "valor",
      onLine: "en la recta cortada", atOrigin: "en el origen", away: "lejos de la recta",
      density: (value) => `Densidad de la imagen en la recta, donde más cerca pasa del origen: ${value}.`,
      edge: "c = −1: biyectiva, pero con densidad infinita en la recta.",
      fold: (count) => `c &lt; −1: la capa se pliega; ${count} puntos llegan a cada punto de la recta,`
        + " y la fórmula no da la densidad.",
      summary: (c, value, ok) => `Con c igual a ${c}, el determinante en la recta es ${value};`
        + ` la capa ${ok ? "es invertible" : "no es invertible"}.`,
    },
    en: {
      controls: {
        angle: "Angle of w (degrees)", norm: "Norm of w", bend: "c = wᵀu",
        shear: "Shear: u along the line", shift: "b",
      },
      label: (c) => "Left: a grid of the plane and the line that does not move."
        + ` Middle: its image under the planar layer with c = ${c}, on the density.`
        + " Right: the function g, whose slope is the determinant.",
      caption: "Determinant of the Jacobian matrix", where: "where", value: "value",
      onLine: "on the dashed line", atOrigin: "at the origin", away: "far from the line",
      density: (value) => `Density of the image on the line, where it is nearest to the origin: ${value}.`,
      edge: "c = −1: a bijection, but with an infinite density on the line.",
      fold: (count) => `c &lt; −1: the layer folds; ${count} points arrive at each point of the line,`
        + " and the formula does not give the density.",
      summary: (c, value, ok) => `With c equal to ${c}, the determinant on the line is ${value};`
        + ` the layer is ${ok ? "invertible" : "not invertible"}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const SPAN = 4.5; // the planes show [−4.5, 4.5]²
  const CELLS = 40;
  const LINES = [-3, -2, -1, 0, 1, 2, 3];

  const { line, text } = NF;

  /** The lines of the grid, as lists of points. */
  function grid() {
    const steps = Array.from({ length: 61 }, (_, k) => -3 + k / 10);
    return LINES.flatMap((v) => [steps.map((s) => [s, v]), steps.map((s) => [v, s])]);
  }

  /** The parts of a curve that the plane shows. */
  function pieces(points) {
    const parts = [[]];
    for (const p of points) {
      if (Math.max(...p.map(Math.abs)) <= SPAN) parts[parts.length - 1].push(p);
      else if (parts[parts.length - 1].length) parts.push([]);
    }
    return parts.filter((part) => part.length > 1);
  }

  /** Cells of ink in five depths that grow with the density; those in a row that agree are one. */
  function ink(f, place, cell) {
    if (f.c <= -1) return [];
    const depths = [[], [], [], [], []];
    const side = (2 * SPAN) / CELLS;
    const depthAt = (i, j) => {
      const value = density(f, [-SPAN + (i + 0.5) * side, SPAN - (j + 0.5) * side]);
      return value > 0.008 ? Math.min(4, Math.floor(value * 45)) : -1;
    };
    for (let j = 0; j < CELLS; j++) {
      for (let i = 0, end; i < CELLS; i = end) {
        const depth = depthAt(i, j);
        for (end = i + 1; end < CELLS && depthAt(end, j) === depth;) end += 1;
        const [x, y] = place([-SPAN + i * side, SPAN - j * side]);
        const width = ((end - i) * cell).toFixed(1);
        if (depth >= 0) depths[depth].push(`M${x.toFixed(1)} ${y.toFixed(1)}h${width}v${cell.toFixed(2)}h-${width}z`);
      }
    }
    return depths.flatMap((squares, k) => (squares.length ? [NF.tag("path", {
      class: "nf-image nf-model", d: squares.join(""), "fill-opacity": 0.16 + 0.15 * k,
    })] : []));
  }

  /** The figure as SVG text: two planes and the line's map, or the third below on a telephone. */
  function render(state, words) {
    const m = measure(state);
    const narrow = state.width < 480;
    const [gap, top, below] = [14, 28, 18]; // below: room for the ticks
    const size = narrow ? (state.width - gap) / 2 : (state.width - 2 * gap) / 3;
    const corner = (k) => (narrow && k === 2 ? [0, 2 * top + size + below] : [k * (size + gap), top]);
    const wide = narrow ? state.width : size;
    const height = Math.round(narrow ? 2 * (top + size) + below + 22 : top + size + 22);
    const plane = (k) => {
      const [left, up] = corner(k);
      const [px, py] = [NF.scale(-SPAN, SPAN, left, left + size), NF.scale(-SPAN, SPAN, up + size, up)];
      return ([x, y]) => [px(x), py(y)];
    };
    const [before, after] = [plane(0), plane(1)];
    const lines = grid();
    const length = Math.hypot(...m.w);
    const still = m.w.map((v) => (-m.b * v) / (length * length));
    const along = [-m.w[1] / length, m.w[0] / length];
    const dashed = Array.from({ length: 161 }, (_, k) => -8 + k / 10)
      .map((s) => [still[0] + s * along[0], still[1] + s * along[1]])
      .filter((p) => Math.max(...p.map(Math.abs)) <= SPAN);
    const ends = [dashed[0], dashed[dashed.length - 1]];
    const [left, up] = corner(2);
    const [ax, ay] = [NF.scale(-5, 5, left, left + wide), NF.scale(-7, 7, up + size, up)];
    const curve = Array.from({ length: 201 }, (_, k) => -5 + k / 20)
      .map((a) => [ax(a), ay(a + m.c * Math.tanh(a + m.b))])
      .filter(([, y]) => y >= up && y <= up + size);
    const cell = size / CELLS;
    const ticks = [before, after].flatMap((place) => [-3, 0, 3].map((v) => {
      const [x, y] = place([v, -SPAN]);
      return text(x, y + 15, "middle", v, "nf-tick");
    }));
    for (const v of [-4, 4]) ticks.push(text(ax(v), ay(0) + 15, "middle", v, "nf-tick"));
    for (const v of [-4, 4]) ticks.push(text(ax(0) - 5, ay(v) + 4, "end", v, "nf-tick"));
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${height}`, "aria-label": words.label(m.c.toFixed(2)),
    },
    ...ink(m, after, cell),
    ...lines.map((points) => line("nf-line nf-thin nf-base", [points[0], points[60]].map(before))),
    ...lines.flatMap((points) => pieces(points.map((z) => forward(m, z))))
      .map((points) => line("nf-line nf-thin nf-model", points.map(after))),
    ...(dashed.length > 1 ? [line("nf-ghost", ends.map(before)), line("nf-ghost", ends.map(after))] : []),
    line("nf-axis", [[left, ay(0)], [left + wide, ay(0)]]),
    line("nf-axis", [[ax(0), up], [ax(0), up + size]]),
    line("nf-ghost", [[ax(-5), ay(-5)], [ax(5), ay(5)]]),
    line("nf-curve", curve),
    ...ticks,
    text(corner(0)[0] + 4, 18, "start", NF.svgMath("z"), "nf-name nf-base-text"),
    text(corner(1)[0] + 4, 18, "start", NF.svgMath("x = f(z)"), "nf-name nf-model-text"),
    text(left + 4, up - 10, "start", NF.svgMath("g(α)"), "nf-name"));
  }

  /** The numbers of the layer. */
  function readout(state, words) {
    const m = measure(state);
    const N = NF.number;
    const row = (name, key, value) => `<tr><th scope="row">${name}</th><td>${N(key, value)}</td></tr>`;
    const note = m.c > -1 ? words.density(N("density", m.density))
      : m.c === -1 ? words.edge : words.fold(N("folded", m.folded, 0));
    return `<table class="nf-table"><caption>${words.caption}</caption>
      <thead><tr><th scope="col">${words.where}</th><th scope="col">${words.value}</th></tr></thead>
      <tbody>${row(words.onLine, "still", m.still)}${row(words.atOrigin, "origin", m.origin)}
      ${row(words.away, "far", m.far)}</tbody></table><p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const m = measure(state);
    return words.summary(m.c.toFixed(2), m.still.toFixed(3), m.c > -1 || m.c === -1);
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "bend", from: -2, to: 4, seconds: 8 },
    model: { layer, forward, det, inverse, density, preimages, measure },
  };
  NF.register("planar", figure);
})(globalThis.NFInteractive);
