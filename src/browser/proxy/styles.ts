/**
 * Styles of what the boundary shows. `!important` on the host keeps the app's own rules off it; system colors follow
 * the user's light, dark or high-contrast scheme.
 */

const shared = `:host{all:initial!important;color-scheme:light dark!important;font:14px/1.4 system-ui,sans-serif!important}
:host,dialog{color:CanvasText!important;background:Canvas!important;border:1px solid #8886!important;
border-radius:8px!important;box-shadow:0 4px 16px #0003!important}
button{font:inherit;color:LinkText;background:none;border:1px solid #8888;border-radius:6px;padding:4px 10px;
cursor:pointer}`;

export const noticeStyles = `${shared}
:host{position:fixed!important;right:16px!important;bottom:16px!important;z-index:2147483647!important;
display:flex!important;align-items:center!important;gap:10px!important;box-sizing:border-box!important;
max-width:calc(100vw - 32px)!important;padding:8px 8px 8px 14px!important}
:host(:not([data-state])){opacity:0!important}
i{flex:none;width:8px;height:8px;border-radius:50%;background:#d29922}
:host([data-state=done]) i{background:#2da44e}
:host([data-state=denied]) i{background:#d1242f}
.close{border-color:#0000;color:inherit;padding:4px 8px}
@media (prefers-reduced-motion:no-preference){:host([data-state=waiting]) i{animation:p 2s infinite}}
@keyframes p{50%{opacity:.3}}
@media print{:host{display:none!important}}`;

export const dialogStyles = `${shared}
:host{border:0!important}
dialog{max-width:340px;padding:20px}
dialog::backdrop{background:#0006}
h2{font-size:16px;margin:0 0 8px}
button{float:right;margin-left:8px}`;
