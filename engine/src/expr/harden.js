// Runs first in every context. Takes away what could make code from text, what differs from one run to the next and
// what reaches around an object; then, where the context is kept, freezes everything that is left.
(function (keep) {
  "use strict";
  const prototypeOf = Object.getPrototypeOf;
  const functions = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const f of functions) delete prototypeOf(f).constructor;
  for (const name of ["eval", "Function", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "performance", "queueMicrotask"]) {
    delete globalThis[name];
  }
  for (const name of ["__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__"]) delete Object.prototype[name];
  delete Math.random;
  delete Date.now;

  const RealDate = Date;
  const noClock = () => {
    throw new TypeError("there is no clock here; pass the time in, such as the value of `now`");
  };
  const PlainDate = function Date(...parts) {
    if (!new.target || parts.length === 0) noClock();
    return Reflect.construct(RealDate, parts, new.target);
  };
  PlainDate.prototype = RealDate.prototype;
  PlainDate.parse = RealDate.parse;
  PlainDate.UTC = RealDate.UTC;
  Object.defineProperty(RealDate.prototype, "constructor", { value: PlainDate, writable: true, configurable: true, enumerable: false });
  Object.defineProperty(globalThis, "Date", { value: PlainDate, writable: true, configurable: true, enumerable: false });

  if (!keep) return;
  const seen = new Set();
  const freeze = (value) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
    seen.add(value);
    Object.freeze(value);
    freeze(prototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      freeze(property.value);
      freeze(property.get);
      freeze(property.set);
    }
  };
  // Prototypes that no global leads to.
  const hidden = [...functions, functions[1](), functions[3](), [].values(), "".matchAll(/x/g), ""[Symbol.iterator](), new Set().values(), new Map().values(), /x/];
  for (const value of [...hidden, globalThis]) freeze(value);
})
