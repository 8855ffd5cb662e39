// The search matches every word of a question, and the beginnings of longer words: "a" would find all that begins with
// an a. Words that say nothing about the subject are therefore left out before the search sees them.
(() => {
  const EMPTY = new Set(
    ("a an and any are as at be before by can could do does for from get give has have how i if in into is it its " +
      "me my of on one only or our should so some than that the them there these this to two use want was we what " +
      "when where which who why will with without work would you your").split(" ")
  );
  const KEPT = new Set(["without", "before"]);
  const subject = (question) => {
    const words = question.split(/\s+/);
    const last = words.length - 1; // which may be the beginning of a word that is still being typed
    const kept = words.filter((word, index) => {
      const plain = word.toLowerCase().replace(/[^\w'-]+$/, "");
      return !EMPTY.has(plain) || KEPT.has(plain) || (index === last && plain === word.toLowerCase() && last === 0);
    });
    return kept.length ? kept.map((word) => word.replace(/[?!.,]+$/, "")).join(" ") : question;
  };
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    const isQuery = message && message.type === 2 && typeof message.data === "string";
    return post.call(this, isQuery ? { ...message, data: subject(message.data) } : message, ...rest);
  };
})();
