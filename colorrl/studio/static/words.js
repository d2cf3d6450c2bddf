// What the page says, in each language. A key that a language lacks is shown in English.

const EN = {
  pages: "Pages", undo: "Undo", redo: "Redo", recolor: "Colour the rest again", sheet: "Character sheet…",
  export: "Save files…", color_all_pages: "Colour all pages", color_page: "Colour this page", color: "Colour",
  add: "Add", palette: "Palette (drag to reorder)", from_page: "Colours of page", from_file: "File…",
  edit: "Change", remove: "Remove", tools: "Tools", show: "Show",
  area: "Area", this_page: "This page", all_pages: "All coloured pages", training: "Save as training data:",
  none: "no", pairs: "pairs (line, flats)", preferences: "preferences", save_files: "Save", stop: "Stop",
  overwrite: "Replace files that another program changed", close: "Close", keys: "Keyboard",
  paint: "Paint", pick: "Pick colour", blank: "Leave blank", lock: "Lock", join: "Join areas", split: "Split",
  hand: "Move page", line: "Line", flats: "Colours", regions: "Areas", confidence: "Confidence", compare: "Compare",
  locked: "locked", paper: "paper", by_hand: "by hand", by_hint: "hint", by_sheet: "character sheet",
  by_generator: "generator", by_paper: "left blank by a rule", sure: "confidence", alternatives: "Other samples",
  plain: "not coloured", colored: "coloured", corrected: "corrected", exported: "saved", refused: "cannot be opened",
  coloring: "Colouring…", saved: "Saved", offline: "The server does not answer: nothing is saved. Start colorrl studio again.",
  stale: "The page was changed in another window. It is shown as it is now: do the last step again.",
  more_pages: "also changed on {n} other pages", nothing: "Nothing to change here.", is_locked: "This area is locked (L unlocks it).",
  join_first: "Now click the area that it is joined with. Or draw a stroke across both: that opens a gap, too.",
  split_how: "Draw a stroke across an area, from line to line. A stroke over a gap closes it.",
  framed: "{n} areas decided by the sheet: framed", no_choices: "No other sample chose another colour.",
  join_how: "Click an area, then the one to join it with; or draw a stroke across both.",
  shift: "Shift-click: all areas of this colour", fit: "Whole page", zoom: "Zoom", next_page: "Previous / next page",
  palette_key: "Palette colour", help: "This list", area_none: "Choose a colour, then click an area of the drawing.",
  folder_of: "Folder:",
  rank_title: "Which is better?", rank_order: "from the best to the worst", rank_back: "takes the last one back", rank: "rank",
  rank_skip: "cannot say", rank_before: "back to the question before", rank_unsaved: "Not saved. Is colorrl prefer still running?",
  rank_all: "All {n} are answered: close the page, and end colorrl prefer with Ctrl-C.",
  reach_area: "A click: this area", reach_page: "… its colour on the page",
  reach_folder: "… its colour in the folder", samples: "samples to rank", rank_open: "Rank them",
  rank_done: "All {n} are answered.", nothing_chosen: "Tick at least one kind of file.",
  kind_composite: "picture, line over colours", kind_flats: "colours alone, no line",
  kind_indexed: "colours by palette number", kind_regions: "areas, for other programs", kind_psd: "Photoshop, layers",
  kind_ora: "Krita, GIMP: layers", kind_palettes: "palette files", kind_thumbnail: "small picture",
  kind_alternatives: "four other samples, side by side", kind_matches: "what a sheet or a hint decided, framed",
  edit_how: "The chosen swatch takes the colour above, and with it every area of that colour",
  from_page_how: "The palette becomes the colours on the page",
  sheet_how: "Colours of a coloured drawing of the same characters; or drop it on the page",
  recolor_how: "New colours for all areas that are neither locked nor coloured by you",
  no_color: "{n} is not a colour: six digits or three, such as 5b3a29. The colour is as it was.",
  before: "before", now: "now", whole: "Whole page", noted: "When it was coloured",
  not_yet: "Colour this page first: the button is below.",
};
const KO = {
  pages: "페이지", undo: "실행 취소", redo: "다시 실행", recolor: "나머지 다시 채색", sheet: "캐릭터 시트…", export: "파일 저장…",
  color_all_pages: "모든 페이지 채색", color_page: "이 페이지 채색", color: "색", add: "추가", palette: "팔레트 (끌어서 순서 변경)",
  from_page: "페이지의 색", from_file: "파일…", edit: "변경", remove: "삭제", tools: "도구",
  show: "보기", area: "영역", this_page: "이 페이지", all_pages: "채색된 모든 페이지", training: "학습 데이터로 저장:", none: "안 함",
  pairs: "쌍 (선화, 밑색)", preferences: "선호", save_files: "저장", stop: "중지", overwrite: "다른 프로그램이 바꾼 파일도 덮어쓰기",
  close: "닫기", keys: "단축키", paint: "칠하기", pick: "색 추출", blank: "비워 두기", lock: "잠금", join: "영역 합치기",
  split: "나누기", hand: "이동", line: "선화", flats: "색", regions: "영역", confidence: "신뢰도", compare: "비교",
  locked: "잠김", paper: "종이", by_hand: "직접", by_hint: "힌트", by_sheet: "캐릭터 시트", by_generator: "생성기",
  by_paper: "규칙에 따라 비움", sure: "신뢰도", alternatives: "다른 샘플", plain: "채색 전", colored: "채색됨", corrected: "수정됨",
  exported: "저장됨", refused: "열 수 없음", coloring: "채색 중…", saved: "저장했습니다",
  offline: "서버가 응답하지 않아 저장되지 않았습니다. colorrl studio를 다시 시작하세요.",
  stale: "다른 창에서 페이지가 바뀌었습니다. 지금 상태를 표시합니다. 마지막 작업을 다시 하세요.",
  more_pages: "다른 페이지 {n}개도 바뀜", nothing: "바꿀 것이 없습니다.", is_locked: "잠긴 영역입니다 (L로 해제).",
  join_first: "합칠 영역을 클릭하세요. 두 영역을 가로지르는 획을 그어도 됩니다.",
  split_how: "선에서 선까지 영역을 가로질러 획을 그으세요. 틈 위에 그으면 틈이 닫힙니다.",
  framed: "시트가 정한 영역 {n}개: 테두리 표시", no_choices: "다른 색을 고른 샘플이 없습니다.",
  join_how: "영역을 클릭한 뒤 합칠 영역을 클릭하거나, 둘을 가로질러 획을 그으세요.", shift: "Shift-클릭: 같은 색 영역 모두",
  fit: "전체 보기", zoom: "확대/축소", next_page: "이전 / 다음 페이지", palette_key: "팔레트 색", help: "이 목록",
  area_none: "색을 고른 뒤 그림의 영역을 클릭하세요.", folder_of: "폴더:",
  rank_title: "어느 것이 더 낫습니까?", rank_order: "가장 좋은 것부터", rank_back: "마지막 선택 취소", rank: "순위", rank_skip: "모르겠음",
  rank_before: "이전 질문으로", rank_unsaved: "저장되지 않았습니다. colorrl prefer가 실행 중입니까?",
  rank_all: "{n}개 질문에 모두 답했습니다. 페이지를 닫고 Ctrl-C로 colorrl prefer를 끝내세요.",
  reach_area: "클릭: 한 영역", reach_page: "클릭: 페이지의 같은 색 모두", reach_folder: "클릭: 폴더의 같은 색 모두",
  samples: "순위를 매길 샘플", rank_open: "순위 매기기", rank_done: "{n}개 질문에 모두 답했습니다.", nothing_chosen: "파일 종류를 하나 이상 고르세요.",
  kind_composite: "그림 (색 위에 선)", kind_flats: "색만, 선 없음", kind_indexed: "팔레트 번호로 된 색", kind_regions: "영역 (다른 프로그램용)",
  kind_psd: "Photoshop 레이어", kind_ora: "Krita, GIMP 레이어", kind_palettes: "팔레트 파일", kind_thumbnail: "작은 그림",
  kind_alternatives: "다른 샘플 네 개", kind_matches: "시트나 힌트가 정한 영역",
  edit_how: "고른 팔레트 색이 위의 색으로 바뀌고, 그 색의 영역도 모두 바뀝니다",
  from_page_how: "페이지에 쓰인 색으로 팔레트를 만듭니다",
  sheet_how: "같은 캐릭터의 채색된 그림에서 색을 가져옵니다. 페이지에 끌어다 놓아도 됩니다",
  recolor_how: "잠그지 않았고 직접 칠하지 않은 영역을 모두 새로 칠합니다",
  no_color: "{n}: 색이 아닙니다. 5b3a29처럼 여섯 자리나 세 자리를 쓰세요. 색은 그대로입니다.",
  before: "이전", now: "현재", whole: "전체", noted: "채색할 때의 알림",
  not_yet: "먼저 아래의 ‘이 페이지 채색’을 누르세요.",
};
const JA = {
  pages: "ページ", undo: "元に戻す", redo: "やり直す", recolor: "残りを塗り直す", sheet: "キャラクターシート…", export: "ファイル保存…",
  color_all_pages: "全ページを彩色", color_page: "このページを彩色", color: "色", add: "追加", palette: "パレット（ドラッグで並べ替え）",
  from_page: "ページの色", from_file: "ファイル…", edit: "変更", remove: "削除", tools: "ツール",
  show: "表示", area: "領域", this_page: "このページ", all_pages: "彩色済みの全ページ", training: "学習データとして保存:", none: "しない",
  pairs: "ペア（線画、下塗り）", preferences: "選好", save_files: "保存", stop: "中止", overwrite: "他のソフトが変えたファイルも置き換える",
  close: "閉じる", keys: "キー操作", paint: "塗る", pick: "スポイト", blank: "白く残す", lock: "ロック", join: "領域をつなぐ",
  split: "分ける", hand: "移動", line: "線画", flats: "色", regions: "領域", confidence: "信頼度", compare: "比較",
  locked: "ロック中", paper: "紙", by_hand: "手作業", by_hint: "ヒント", by_sheet: "キャラクターシート", by_generator: "生成器",
  by_paper: "規則により白", sure: "信頼度", alternatives: "他のサンプル", plain: "未彩色", colored: "彩色済み", corrected: "修正済み",
  exported: "保存済み", refused: "開けません", coloring: "彩色中…", saved: "保存しました",
  offline: "サーバーが応答せず、保存されていません。colorrl studio を起動し直してください。",
  stale: "別のウィンドウでページが変わりました。現在の状態を表示します。最後の操作をもう一度行ってください。",
  more_pages: "他の {n} ページも変更", nothing: "変えるものがありません。", is_locked: "ロックされた領域です（L で解除）。",
  join_first: "つなぐ相手の領域をクリックしてください。両方を横切る線でもつながります。",
  split_how: "線から線まで領域を横切る線を引いてください。すき間の上に引くと閉じます。",
  framed: "シートが決めた領域 {n}: 枠で表示", no_choices: "別の色を選んだサンプルはありません。",
  join_how: "領域をクリックし、次につなぐ領域をクリックするか、両方を横切る線を引きます。", shift: "Shift+クリック: 同じ色の領域すべて",
  fit: "全体表示", zoom: "拡大・縮小", next_page: "前 / 次のページ", palette_key: "パレットの色", help: "この一覧",
  area_none: "色を選び、絵の領域をクリックしてください。", folder_of: "フォルダー:",
  rank_title: "どれが良いですか？", rank_order: "良いものから順に", rank_back: "最後の選択を取り消す", rank: "順位", rank_skip: "わからない",
  rank_before: "前の質問へ", rank_unsaved: "保存されていません。colorrl prefer は動いていますか？",
  rank_all: "{n} 問すべてに答えました。ページを閉じ、Ctrl-C で colorrl prefer を終えてください。",
  reach_area: "クリック: 一つの領域", reach_page: "クリック: ページの同じ色すべて", reach_folder: "クリック: フォルダーの同じ色すべて",
  samples: "順位を付けるサンプル", rank_open: "順位を付ける", rank_done: "{n} 問すべてに答えました。", nothing_chosen: "ファイルの種類を一つ以上選んでください。",
  kind_composite: "画像（色の上に線）", kind_flats: "色のみ、線なし", kind_indexed: "パレット番号の色", kind_regions: "領域（他のソフト用）",
  kind_psd: "Photoshop レイヤー", kind_ora: "Krita、GIMP レイヤー", kind_palettes: "パレットファイル", kind_thumbnail: "小さな画像",
  kind_alternatives: "他のサンプル四つ", kind_matches: "シートやヒントが決めた領域",
  edit_how: "選んだパレットの色が上の色に変わり、その色の領域もすべて変わります",
  from_page_how: "ページに使われている色をパレットにします",
  sheet_how: "同じキャラクターの彩色済みの絵から色を取ります。ページへのドロップでも",
  recolor_how: "ロックも手塗りもしていない領域をすべて塗り直します",
  no_color: "{n} は色ではありません。5b3a29 のように 6 桁か 3 桁で書いてください。色はそのままです。",
  before: "前", now: "今", whole: "全体", noted: "彩色時の注意",
  not_yet: "まず下の「このページを彩色」を押してください。",
};
export const LANGUAGES = { en: ["English", EN], ko: ["한국어", KO], ja: ["日本語", JA] };

let table = EN;

/** The text of a key; {n} is filled in. */
export const say = (key, n) => (table[key] ?? EN[key] ?? key).replace("{n}", n);

export function language() {
  const wanted = localStorage.getItem("language") ?? navigator.language.slice(0, 2);
  return wanted in LANGUAGES ? wanted : "en";
}

/** Show the page in a language, from now on. */
export function speak(code) {
  localStorage.setItem("language", code);
  table = LANGUAGES[code][1];
  document.documentElement.lang = code;
  for (const element of document.querySelectorAll("[data-w]")) element.textContent = say(element.dataset.w);
  for (const element of document.querySelectorAll("[data-how]")) element.title = say(element.dataset.how);
}
