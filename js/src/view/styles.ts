/** The panel's style sheet. The order counts: later rules of the same weight win. */
import base from "./base.css";
import controls from "./controls.css";
import panel from "./panel.css";
import places from "./places.css";
import rare from "./rare.css";
import sizes from "./sizes.css";
import transcript from "./transcript.css";

export const styles = [base, panel, transcript, controls, sizes, places, rare].join("");
