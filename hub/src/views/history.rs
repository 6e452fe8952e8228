//! The months or weeks of a layer: how many of each, a step to the next, and two of them beside each other.
//!
//! Every number is a sum of published areas, so it tells nothing that they do not.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::city::Span;
use crate::store::open_data::BegunBy;
use crate::views::choice::Choice;
use crate::views::layers::{Layer, Period};
use crate::views::projection::{Frame, HEIGHT, WIDTH};
use crate::views::shown::Shown;
use crate::views::words::{Said, Words};
use crate::views::{Picture, legend, rents, svg, time};

/// Units of the drawing of bars: across each of them with the gap after it, and the height of the greatest.
const STEP: usize = 6;
const TALL: u32 = 48;

/// How many of a part were counted in a period.
fn total(period: &Period, part: BegunBy) -> u32 {
    period.of(part).map(|area| area.count).sum()
}

/// Bars, steps and the choice of a period; with `shown` the one that is on the map.
pub fn periods(layer: &Layer, part: BegunBy, shown: Option<&Period>, choice: &Choice) -> Markup {
    let words = choice.lang.words();
    let name = |period: &Period| time::period(layer.span, period.first, words);
    let is_shown = |period: &Period| shown.is_some_and(|shown| shown.period == period.period);
    let at = layer.periods.iter().position(is_shown);
    let newest = layer.periods.len().saturating_sub(1);
    html! {
        // Rents are not to be added up.
        @if layer.periods.len() > 1 && layer.rents.is_none() { (bars(layer, part, at, choice)) }
        nav #steps aria-label=(words.history_steps()) {
            @if let Some(at) = at {
                @if let Some(earlier) = at.checked_sub(1) { (step("prev", &layer.periods[earlier], &name, choice)) }
                @if let Some(later) = layer.periods.get(at + 1) { (step("next", later, &name, choice)) }
            }
        }
        div #slide hidden {
            label for="slider" { (words.history_slide()) }
            input #slider type="range" min="0" max=(newest) step="1" value=(at.unwrap_or(newest));
            output for="slider" {}
        }
        form #choose action="./" {
            @for (name, value) in choice.fields().into_iter().filter(|(name, _)| !["period", "before"].contains(name)) {
                input type="hidden" name=(name) value=(value);
            }
            p {
                label for="period" {
                    (match layer.span {
                        Span::Month => words.layer_month(),
                        Span::Week => words.layer_week(),
                        Span::FiveYears => words.layer_years(),
                    })
                }
                " "
                select #period name="period" {
                    @for period in layer.periods.iter().rev() {
                        option value=(period.period) selected[is_shown(period)] { (name(period)) }
                    }
                    option value="none" selected[shown.is_none()] { (words.layer_hidden()) }
                }
            }
            @if layer.periods.len() > 1 {
                p {
                    label for="before" { (words.history_compare()) }
                    " "
                    select #before name="before" {
                        option value="" { (words.history_nothing()) }
                        @for period in layer.periods.iter().rev() {
                            option value=(period.period) selected[choice.before.as_ref() == Some(&period.period)] { (name(period)) }
                        }
                    }
                }
            }
            button { (words.layer_show()) }
        }
    }
}

fn step(rel: &str, period: &Period, name: &impl Fn(&Period) -> Said, choice: &Choice) -> Markup {
    html! {
        a class=(rel) rel=(rel) href=(choice.with_period(&period.period).address("./")) { (name(period)) }
    }
}

/// A bar for each period; the one that is shown and the one that it is compared with stand out.
fn bars(layer: &Layer, part: BegunBy, shown: Option<usize>, choice: &Choice) -> Markup {
    let words = choice.lang.words();
    let totals: Vec<u32> = layer.periods.iter().map(|p| total(p, part)).collect();
    let most = totals.iter().copied().max().unwrap_or(0).max(1);
    let before = layer
        .periods
        .iter()
        .position(|p| choice.before.as_ref() == Some(&p.period));
    let periods = layer.periods.as_slice();
    let place = |n: usize| place(layer.span, periods[0].first, periods[n].first);
    let path = |wanted: &dyn Fn(usize) -> bool| {
        let chosen = totals.iter().enumerate().filter(|(n, _)| wanted(*n));
        let bar = |(n, total): (usize, &u32)| {
            // A period without any keeps a line.
            let height = (total * TALL).div_ceil(most).max(1);
            format!(
                "M{} {TALL}v-{height}h{}v{height}z",
                place(n) * STEP,
                STEP - 1
            )
        };
        chosen.map(bar).collect::<String>()
    };
    let stands_out = |n| Some(n) == shown || Some(n) == before;
    let name = |n: usize| time::period(layer.span, layer.periods[n].first, words);
    let (least_at, most_at) = ends(&totals);
    let (_, _, unit) = layer.words(choice.lang);
    let range = words.history_range(
        unit,
        totals[least_at],
        name(least_at),
        totals[most_at],
        name(most_at),
    );
    html! {
        figure #bars {
            svg viewBox={ "0 0 " ((place(totals.len() - 1) + 1) * STEP - 1) " " (TALL) } preserveAspectRatio="none" aria-hidden="true" {
                path d=(path(&|n| !stands_out(n))) {}
                @if let Some(before) = before { path .was d=(path(&|n| n == before)) {} }
                @if let Some(shown) = shown { path .on d=(path(&|n| n == shown)) {} }
            }
            p .ends { span { (name(0)) } span { (name(totals.len() - 1)) } }
            figcaption { (range) }
        }
    }
}

/// How many periods lie between two first days: one of which nothing is published leaves a gap.
fn place(span: Span, from: Date, to: Date) -> usize {
    let periods = match span {
        Span::Month => {
            let months = |day: Date| 12 * i64::from(day.year()) + i64::from(day.month());
            months(to) - months(from)
        }
        Span::Week => to.duration_since(from).as_hours() / (7 * 24),
        Span::FiveYears => i64::from(to.year()) - i64::from(from.year()),
    };
    usize::try_from(periods).unwrap_or_default()
}

/// Where the least and the greatest stand, the newest of equals.
fn ends(totals: &[u32]) -> (usize, usize) {
    let by = |least: bool| {
        let mut best = 0;
        for (n, total) in totals.iter().enumerate() {
            let is_better = if least {
                *total <= totals[best]
            } else {
                *total >= totals[best]
            };
            if is_better {
                best = n;
            }
        }
        best
    };
    (by(true), by(false))
}

/// The period that is on the map beside the one that it is compared with: the same part of the city in the same colours.
pub fn compared(
    picture: &Picture,
    frame: &Frame,
    shown: Option<&Shown<'_>>,
    choice: &Choice,
) -> Markup {
    let words = choice.lang.words();
    let Some((shown, before)) = shown.and_then(|shown| Some((shown, shown.before?))) else {
        return html! {};
    };
    let name = |period: &Period| time::period(shown.layer.span, period.first, words);
    let (_, _, unit) = shown.layer.words(choice.lang);
    let counts = shown.layer.rents.is_none();
    let [was, is] = [before, shown.period].map(|period| total(period, shown.begun_by));
    html! {
        section #compared aria-label=(words.history_compared()) {
            div {
                @for (period, count) in [(before, was), (shown.period, is)] {
                    figure {
                        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
                            (svg::ground(picture, frame))
                            (svg::open_data(frame, shown, period))
                            (svg::main_streets(picture, frame))
                        }
                        figcaption { b { (name(period)) } @if counts { br; (count) " " (unit) } }
                    }
                }
            }
            @if counts {
                p { (change(words, was, is, name(before))) }
                (legend::classes(&shown.classes, words))
                p .quiet { (words.history_compared_means()) }
            } @else {
                (rents::legend(&rents::classes(shown.layer), words))
                p .quiet { (words.rent_compared_means()) }
            }
        }
    }
}

/// `21 % more than in September 2019.`
fn change(words: Words, was: u32, is: u32, before: Said) -> Said {
    let percent = (f64::from(is.abs_diff(was)) * 100.0 / f64::from(was.max(1))).round();
    let percent = match percent < 1.0 {
        true => "<1".to_owned(),
        false => percent.to_string(),
    };
    match (was, is) {
        (0, _) => words.history_none_before(before),
        (was, is) if is > was => words.history_more(percent, before),
        (was, is) if is < was => words.history_fewer(percent, before),
        _ => words.history_as_many(before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;
    use crate::views::page::map_page;

    fn choice() -> Choice {
        Choice::default()
    }

    #[test]
    fn a_bar_for_each_period_and_a_step_to_its_neighbours() {
        let layer = fixture::layer();
        let part = BegunBy::Untold;
        let text = periods(&layer, part, layer.periods.last(), &choice()).into_string();
        // 7 and 65 of them, the second shown.
        assert!(text.contains("<path d=\"M0 48v-6h5v6z\">"), "{text}");
        assert!(
            text.contains("<path class=\"on\" d=\"M6 48v-48h5v48z\">"),
            "{text}"
        );
        assert!(text.contains("rel=\"prev\" href=\"./?period=2020-08\">August 2020</a>"));
        assert!(!text.contains("rel=\"next\""));
        assert!(
            text.contains("From 7 (August 2020) to 65 requests (September 2020)"),
            "{text}"
        );
        assert!(text.contains("max=\"1\" step=\"1\" value=\"1\""));
        let hidden = periods(&layer, part, None, &choice()).into_string();
        assert!(!hidden.contains("rel=\"prev\""));
        // A layer with one period has nothing to compare.
        let calls = fixture::calls();
        let text = periods(&calls, BegunBy::Officer, calls.periods.last(), &choice()).into_string();
        assert!(!text.contains("<figure") && !text.contains("name=\"before\""));
    }

    #[test]
    fn what_is_not_published_leaves_a_gap() {
        let day = |text: &str| text.parse().expect("a day");
        for (span, from, to, expected) in [
            (Span::Month, "2020-08-01", "2020-09-01", 1),
            (Span::Month, "2017-12-01", "2020-01-01", 25),
            (Span::Week, "2020-09-28", "2020-10-05", 1),
            (Span::Week, "2020-12-28", "2021-01-18", 3),
        ] {
            assert_eq!(place(span, day(from), day(to)), expected, "{from} {to}");
        }
    }

    #[test]
    fn two_periods_stand_beside_each_other_in_the_same_colours() {
        let picture = fixture::picture(0);
        let compared = Choice {
            before: Some("2020-08".to_owned()),
            ..choice()
        };
        let page = map_page(&picture, picture.at, &compared, None);
        let (_, part) = page.split_once("id=\"compared\"").expect("it is there");
        let (part, _) = part.split_once("</section>").expect("it ends");
        let drawing = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\"");
        assert_eq!(part.matches(&drawing).count(), 2);
        assert!(part.contains("<b>August 2020</b><br>7 requests"), "{part}");
        assert!(part.contains("<b>September 2020</b><br>65 requests"));
        assert!(part.contains("829 % more than in August 2020."), "{part}");
        // Links keep it.
        assert!(page.contains("before=2020-08"));
        let alone = map_page(&picture, picture.at, &choice(), None);
        assert!(!alone.contains("id=\"compared\""));
    }

    #[test]
    fn a_change_is_said_as_a_share_of_what_was() {
        let words = choice().lang.words();
        for (was, is, expected) in [
            (100, 121, "21 % more than in May 2019."),
            (100, 79, "21 % fewer than in May 2019."),
            (1000, 1001, "<1 % more than in May 2019."),
            (5, 5, "As many as in May 2019."),
            (0, 5, "None was published for May 2019."),
        ] {
            assert_eq!(change(words, was, is, "May 2019".into()), expected);
        }
    }
}
