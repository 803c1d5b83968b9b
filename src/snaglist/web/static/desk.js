// What moves on a page by itself; the page works without it.

import { countTicks, setUpForms } from "./forms.js";
import { setUpFollowing } from "./following.js";
import { doWhatTheAddressSays, setUpKeys } from "./keys.js";
import { markScrollers, showTimes } from "./showing.js";

// The page that a form was answered with is found elsewhere; loading it anew must not send the form.
function showTheAddress() {
  const { at } = document.body.dataset;
  if (at && location.pathname !== at) history.replaceState(null, "", at);
}

document.documentElement.classList.add("js");
showTheAddress();
showTimes(document);
markScrollers();
setUpFollowing();
setUpKeys();
setUpForms();
countTicks();
doWhatTheAddressSays();
