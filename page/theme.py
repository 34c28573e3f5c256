"""The theme and the style sheets, which Gradio takes at launch."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
# A component's own css_template would be parsed again at each answer.
CSS = [
    HERE / "page.css",
    HERE / "text.css",
    HERE / "sketchpad" / "sketchpad.css",
    HERE / "answer_card" / "answer.css",
    HERE / "history" / "history.css",
    HERE / "ten_digits" / "ten_digits.css",
    HERE / "batch_list" / "batch_list.css",
    HERE / "controls.css",  # over those of the components
]

# Fonts of the visitor's system: the page loads none from other servers.
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


PAPER = gr.themes.Color(
    name="paper",
    c50="#fdfbf6",
    c100="#f6f2ea",
    c200="#ebe5d9",
    c300="#d9d1c1",
    c400="#b5ab9a",
    c500="#857b6c",
    c600="#5f574b",
    c700="#4a4339",
    c800="#302b25",
    c900="#221e1a",
    c950="#181512",
)
INK = gr.themes.Color(
    name="ink",
    c50="#eef3fb",
    c100="#d9e4f6",
    c200="#b6cbee",
    c300="#9dbaf0",
    c400="#8aaceb",
    c500="#4a72bf",
    c600="#3459a5",
    c700="#28478a",
    c800="#233b6e",
    c900="#1f3159",
    c950="#141f3a",
)


def paper_theme() -> gr.themes.Base:
    """Warm paper and blue-black ink; a dark version of the same."""
    theme = gr.themes.Base(
        primary_hue=INK,
        neutral_hue=PAPER,
        radius_size=gr.themes.sizes.radius_lg,
        font=SANS,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_800",
        body_text_color_subdued="*neutral_600",
        block_title_text_color="*neutral_600",
        block_info_text_color="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="*neutral_50",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        border_color_primary="*neutral_300",
        border_color_primary_dark="*neutral_700",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        stat_background_fill="*primary_700",
        stat_background_fill_dark="*primary_400",
        slider_color="*primary_700",
        slider_color_dark="*primary_400",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_secondary_background_fill="*neutral_50",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_hover_dark="*neutral_700",
    )
