/* Every screen but the day's and the one to sign in: one file on the wire, fetched when the first of them opens. */
import '#app/screens/checklist/checklist-screen.js';
import '#app/screens/checklist/closing-screen.js';
import '#app/screens/checklist/phrases-screen.js';
import '#app/screens/handover/charges-screen.js';
import '#app/screens/handover/handover-screen.js';
import '#app/screens/handover/turned-screen.js';
import '#app/screens/help.js';
import '#app/screens/job.js';
import '#app/screens/lock-screen.js';
import '#app/screens/me.js';
import '#app/screens/outbox.js';
import '#app/screens/photos/photos-screen.js';
