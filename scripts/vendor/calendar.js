// FullCalendar with the views, theme and language the portal uses, as window.FullCalendar.
// It needs Temporal: temporal.js, where a browser has none.
import { Calendar } from "fullcalendar";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import list from "fullcalendar/list";
import vi from "fullcalendar/locales/vi";
import classicTheme from "fullcalendar/themes/classic";
import timeGrid from "fullcalendar/timegrid";

const plugins = [classicTheme, dayGrid, timeGrid, list, interaction];

window.FullCalendar = { Calendar, plugins, locales: [vi] };
