/**
 * The second bundle: what is seldom used. It comes as a message of the kernel, when a page wants it (`loading.ts`), and
 * has what both are made of from the first one (`first.ts`).
 */
import type { MakeRecorder } from "./audio/desk.ts";
import { speak } from "./audio/player.ts";
import { Recorder } from "./audio/recorder.ts";
import { openComm } from "./calls/comm.ts";
import { exchange } from "./calls/exchange.ts";
import { openPeer } from "./calls/peer.ts";
import { Pieces } from "./calls/pieces.ts";
import { Ready } from "./calls/ready.ts";
import { Relay } from "./calls/relay.ts";
import { makeKey } from "./calls/seal.ts";
import { Sound } from "./calls/sound.ts";
import { Cells } from "./cells.ts";
import { take } from "./first.ts";
import { frontEnd } from "./front_end.ts";
import type { Given } from "./given.ts";
import { Inspector } from "./inspector/inspector.ts";
import { Aloud } from "./view/aloud.ts";
import { copyRow, copyTalk, walk } from "./view/copy_buttons.ts";
import { help } from "./view/help.ts";
import { Images } from "./view/images.ts";
import { ending, leftOff } from "./view/left_off.ts";
import { overlay } from "./view/overlay.ts";
import { OwnTab } from "./view/own_tab.ts";
import rare from "./view/rare_call.css";
import { consentDialog, pauseButton, recordingBadge, recordingMark } from "./view/recording.ts";
import { makeResults } from "./view/result.ts";
import { settings } from "./view/settings.ts";
import { makeSound } from "./view/sound.ts";
import { soundTrouble } from "./view/sound_trouble.ts";
import { summary } from "./view/summary.ts";
import { makeTools } from "./view/tools.ts";
import { Turns } from "./view/turns.ts";

const make = (given: Given) => {
  take(given);
  const makeRecorder: MakeRecorder = (...given) => new Recorder(...given);
  return {
    openComm,
    openPeer,
    Ready,
    Relay,
    exchange,
    makeKey,
    makeRecorder,
    speak,
    Pieces,
    frontEnd,
    Cells,
    Sound,
    settings,
    makeSound,
    soundTrouble,
    summary,
    Inspector,
    overlay,
    OwnTab,
    copyRow,
    copyTalk,
    walk,
    leftOff,
    ending,
    makeResults,
    makeTools,
    consentDialog,
    pauseButton,
    recordingBadge,
    recordingMark,
    help,
    rare,
    Aloud,
    Images,
    Turns,
  };
};

export type Extras = ReturnType<typeof make>;
export default make;
