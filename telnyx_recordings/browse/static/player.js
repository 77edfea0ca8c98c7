/* Draws the waveform of each channel and adds seeking by click, speed, muting and keys. */
"use strict";

const player = document.querySelector(".player");
const audio = player.querySelector("audio");
const styles = getComputedStyle(document.documentElement);
const waves = [];
let gains = null;

/* The sound goes through the Web Audio API only once a channel is muted or the audio is played. */
function connect() {
  if (gains) return;
  const context = new AudioContext();
  const source = context.createMediaElementSource(audio);
  const count = player.dataset.channels === "dual" ? 2 : 1;
  const splitter = context.createChannelSplitter(2);
  source.connect(splitter);
  gains = [];
  for (let channel = 0; channel < count; channel++) {
    const gain = context.createGain();
    splitter.connect(gain, channel);
    gain.connect(context.destination);
    gains.push(gain);
  }
  audio.addEventListener("play", () => context.resume());
  context.resume();
}

function draw() {
  const played = audio.duration ? audio.currentTime / audio.duration : 0;
  for (const { canvas, peaks } of waves) {
    const scale = window.devicePixelRatio || 1;
    const width = (canvas.width = canvas.clientWidth * scale);
    const height = (canvas.height = canvas.clientHeight * scale);
    const pen = canvas.getContext("2d");
    const step = width / peaks.length;
    for (let n = 0; n < peaks.length; n++) {
      pen.fillStyle = styles.getPropertyValue(n / peaks.length < played ? "--accent" : "--soft");
      const size = Math.max(scale, (peaks[n] / 255) * height * 0.95);
      pen.fillRect(n * step, (height - size) / 2, Math.max(1, step * 0.7), size);
    }
  }
}

function show(channels) {
  channels.forEach((peaks, channel) => {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Waveform of channel ${channel + 1}: click to seek`);
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      audio.currentTime = ((event.clientX - box.left) / box.width) * audio.duration;
    });
    player.insertBefore(canvas, audio);
    waves.push({ canvas, peaks });
  });
  draw();
}

async function load() {
  const count = player.dataset.channels === "dual" ? 2 : 1;
  const found = await fetch(player.dataset.peaks);
  if (found.ok) {
    const peaks = new Uint8Array(await found.arrayBuffer());
    const each = peaks.length / count;
    return show(Array.from({ length: count }, (_, n) => peaks.slice(n * each, (n + 1) * each)));
  }
  const file = await (await fetch(audio.currentSrc || audio.querySelector("source").src)).arrayBuffer();
  const decoded = await new OfflineAudioContext(2, 1, 8000).decodeAudioData(file);
  show(Array.from({ length: decoded.numberOfChannels }, (_, n) => measure(decoded.getChannelData(n))));
}

function measure(samples) {
  const spans = Math.min(800, samples.length);
  const peaks = new Uint8Array(spans);
  for (let n = 0; n < spans; n++) {
    let largest = 0;
    const end = Math.floor(((n + 1) * samples.length) / spans);
    for (let place = Math.floor((n * samples.length) / spans); place < end; place++) {
      largest = Math.max(largest, Math.abs(samples[place]));
    }
    peaks[n] = Math.min(255, largest * 255);
  }
  return peaks;
}

function button(text, label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", () => press(made));
  return made;
}

function mute(made, channel) {
  connect();
  const muted = made.getAttribute("aria-pressed") !== "true";
  made.setAttribute("aria-pressed", String(muted));
  gains[channel].gain.value = muted ? 0 : 1;
}

function speed(factor) {
  audio.playbackRate = Math.min(4, Math.max(0.25, factor));
  rate.textContent = `${audio.playbackRate} ×`;
}

const controls = document.createElement("div");
controls.className = "controls";
const rate = document.createElement("output");
const mutes = [];
controls.append(
  button("−5 s", "Back 5 seconds", () => (audio.currentTime -= 5)),
  button("+5 s", "Forward 5 seconds", () => (audio.currentTime += 5)),
  button("Slower", "Slower", () => speed(audio.playbackRate - 0.25)),
  rate,
  button("Faster", "Faster", () => speed(audio.playbackRate + 0.25)),
);
if (player.dataset.channels === "dual") {
  for (const channel of [0, 1]) {
    const made = button(`Mute channel ${channel + 1}`, `Mute channel ${channel + 1}`, (self) => mute(self, channel));
    made.setAttribute("aria-pressed", "false");
    mutes.push(made);
    controls.append(made);
  }
}
player.append(controls);
speed(1);

const keys = {
  " ": () => (audio.paused ? audio.play() : audio.pause()),
  ArrowLeft: () => (audio.currentTime -= 5),
  ArrowRight: () => (audio.currentTime += 5),
  "<": () => speed(audio.playbackRate - 0.25),
  ">": () => speed(audio.playbackRate + 0.25),
  1: () => mutes[0]?.click(),
  2: () => mutes[1]?.click(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  if (event.target.closest("a, button, input, audio")) return;
  event.preventDefault();
  keys[event.key]();
});
audio.addEventListener("timeupdate", draw);
audio.addEventListener("seeked", draw);
audio.addEventListener("loadedmetadata", draw);
window.addEventListener("resize", draw);
load();
