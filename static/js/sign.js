// The page a customer signs on, one classic script for whatever browser opens a link: a pad that keeps the strokes.
(function () {
  'use strict';

  /** Side of the box strokes are kept in. */
  var BOX = 10000;
  /** What the server takes at most, and the least way in pixels between two points that are kept. */
  var MOST_POINTS = 4000;
  var LEAST_WAY = 1.5;

  var form = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-sign]'));
  var canvas = form && form.querySelector('canvas');
  var pen = canvas && canvas.getContext('2d');
  if (!form || !canvas || !pen || !window.PointerEvent) return;
  var pad = canvas;
  var ink = pen;
  var field = /** @type {HTMLInputElement} */ (form.elements.namedItem('strokes'));

  /** @type {number[][][]} as they are sent: [x, y, milliseconds since the first point, pressure in thousandths] */
  var strokes = read();
  /** @type {number[][] | null} the one being drawn */
  var open = null;
  var began = 0;

  /** What was drawn before the server found something missing. @returns {number[][][]} */
  function read() {
    try {
      var kept = JSON.parse(field.value);
      return Array.isArray(kept) ? kept : [];
    } catch (_error) {
      return [];
    }
  }

  /** Pixels a unit of the box has: the longer side of the pad is the whole box. */
  function scale() {
    return Math.max(pad.offsetWidth, pad.offsetHeight) / BOX;
  }

  /** @param {number} value */
  function inBox(value) {
    return Math.min(BOX, Math.max(0, Math.round(value)));
  }

  /** @param {PointerEvent} event @returns {number[]} */
  function pointOf(event) {
    var box = pad.getBoundingClientRect();
    var by = scale();
    if (!began) began = event.timeStamp;
    return [
      inBox((event.clientX - box.left) / by), inBox((event.clientY - box.top) / by),
      Math.max(0, Math.round(event.timeStamp - began)), Math.round(Math.min(1, event.pressure || 0) * 1000),
    ];
  }

  /** @param {number[][]} stroke @param {number} from the first point that is not drawn yet */
  function drawFrom(stroke, from) {
    var by = scale();
    for (var i = from; i < stroke.length; i += 1) {
      var to = /** @type {number[]} */ (stroke[i]);
      var last = stroke[i - 1] || to;
      ink.beginPath();
      ink.moveTo(/** @type {number} */ (last[0]) * by, /** @type {number} */ (last[1]) * by);
      ink.lineTo(/** @type {number} */ (to[0]) * by, /** @type {number} */ (to[1]) * by);
      ink.stroke();
    }
  }

  /** The pad got its size, or another one. */
  function draw() {
    var ratio = window.devicePixelRatio || 1;
    pad.width = Math.round(pad.offsetWidth * ratio);
    pad.height = Math.round(pad.offsetHeight * ratio);
    ink.scale(ratio, ratio);
    ink.lineWidth = 2.5;
    ink.lineCap = ink.lineJoin = 'round';
    ink.strokeStyle = getComputedStyle(pad).color;
    strokes.forEach(function (stroke) { drawFrom(stroke, 0); });
  }

  function count() {
    return strokes.reduce(function (sum, stroke) { return sum + stroke.length; }, 0);
  }

  /** @param {PointerEvent} event */
  function begin(event) {
    if (event.button > 0) return;
    event.preventDefault();
    if (pad.setPointerCapture) pad.setPointerCapture(event.pointerId);
    if (count() >= MOST_POINTS) return;
    open = [pointOf(event)];
    strokes.push(open);
    drawFrom(open, 0);
  }

  /** @param {PointerEvent} event */
  function go(event) {
    if (!open || count() >= MOST_POINTS) return;
    event.preventDefault();
    var point = pointOf(event);
    var last = /** @type {number[]} */ (open[open.length - 1]);
    var way = Math.abs(Number(point[0]) - Number(last[0])) + Math.abs(Number(point[1]) - Number(last[1]));
    if (way * scale() < LEAST_WAY) return;
    open.push(point);
    drawFrom(open, open.length - 1);
  }

  function end() {
    if (!open) return;
    open = null;
    field.value = JSON.stringify(strokes);
  }

  pad.addEventListener('pointerdown', begin);
  pad.addEventListener('pointermove', go);
  pad.addEventListener('pointerup', end);
  pad.addEventListener('pointercancel', end);
  window.addEventListener('resize', draw);
  Array.prototype.forEach.call(form.querySelectorAll('[data-clear]'), function (button) {
    button.addEventListener('click', function () {
      strokes = [];
      began = 0;
      field.value = '';
      draw();
    });
  });
  Array.prototype.forEach.call(form.querySelectorAll('[data-pad], [data-needs-pad]'), function (part) { part.hidden = false; });
  draw();
})();
