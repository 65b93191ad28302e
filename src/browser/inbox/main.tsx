/** The operators' page for approvals. Elements and texts alone: nothing that a call said can become markup. */
import { render } from "preact";
import { Inbox } from "./inbox.tsx";

const place = document.getElementById("inbox");
if (place !== null) render(<Inbox />, place);
