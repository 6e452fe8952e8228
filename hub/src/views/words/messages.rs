//! The messages of the page, and what each is given. Its id in the files is the name here with hyphens.

use fluent_bundle::FluentValue;

use super::{Said, Words};

/// A message's name with hyphens.
macro_rules! id {
    ($name:ident) => {{
        const NAME: &str = stringify!($name);
        const ID: [u8; NAME.len()] = hyphened(NAME);
        const TEXT: &str = match std::str::from_utf8(&ID) {
            Ok(text) => text,
            Err(_) => NAME,
        };
        TEXT
    }};
}

macro_rules! messages {
    (
        said { $($name:ident($($given:ident),*);)* }
        said in the place of others { $($other:ident($($given_other:ident),*);)* }
    ) => {
        impl<'a> Words {
            $(
                pub(crate) fn $name(self $(, $given: impl Into<FluentValue<'a>>)*) -> Said {
                    self.say(id!($name), &[$((stringify!($given), $given.into())),*])
                }
            )*
        }

        /// The id of each message, and the names of what it is given.
        pub fn all() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
            const ALL: &[(&str, &[&str])] = &[
                $((id!($name), &[$(stringify!($given)),*]),)*
                $((id!($other), &[$(stringify!($given_other)),*]),)*
            ];
            ALL.iter().copied()
        }
    };
}

const fn hyphened<const LENGTH: usize>(name: &str) -> [u8; LENGTH] {
    let mut bytes = [b'-'; LENGTH];
    let mut n = 0;
    while n < LENGTH {
        if name.as_bytes()[n] != b'_' {
            bytes[n] = name.as_bytes()[n];
        }
        n += 1;
    }
    bytes
}

messages! {
    said {
        title(city);
        skip();
        as_of(time, date);
        reload();
        stale();

        none_now();
        sightings_now(n);
        newest(ago);
        silence();
        no_data();
        no_data_why();
        no_coverage();
        no_coverage_why();

        just_now();
        minutes_ago(n);
        hours_ago(n);
        on_day(date);
        now();
        minutes(n);
        month_name(month);
        month(month, year);
        date(day, month, year);
        fades(time, n);
        reported_gone(time);

        place_near(place);
        place_in(place);

        live();
        lost(time, date);
        connecting(time, date);

        now_heading();
        map_heading();
        map_title(city, time);
        map_text(city, sightings);
        map_moves();
        move_closer();
        move_wider();
        move_west();
        move_east();
        move_north();
        move_south();
        whole_city();
        all_areas();
        areas();

        legend();
        corroborated();
        corroborated_means();
        photo();
        photo_means();
        unconfirmed();
        unconfirmed_means();
        gone_means();
        fading_means();
        hatched();
        hatched_means();

        report_heading();
        report_where();
        report_no_phone();
        corner(number, one, other);
        report_example(corner);
        report_gone_example(corner);
        report_privacy();

        coverage_heading();
        coverage(areas);
        coverage_none();

        cities();
        cities_no_data();

        layer_per_area(unit, period);
        layer_area(n, unit, period);
        layer_more();
        layer_class_only();
        layer_class_below(n);
        layer_class_between(from, to);
        layer_class_above(n);
        layer_month();
        layer_week();
        layer_week_of(date);
        layer_years();
        layer_years_of(from, to);
        layer_on_map();
        layer_none();
        layer_unknown(n);
        layer_stale();
        layer_stale_since(date);
        layer_hidden();
        layer_show();
        layer_rebuilt(date);
        layer_through(date);
        layer_read(when);
        layer_source(source, licence);
        context_as_of(date);
        context_read(when);
        context_hide();
        transit_means();
        cameras_means();
        cameras_count(n, city);

        history_steps();
        history_slide();
        history_compare();
        history_nothing();
        history_range(unit, least, least_period, most, most_period);
        history_compared();
        history_more(percent, period);
        history_fewer(percent, period);
        history_as_many(period);
        history_none_before(period);
        history_compared_means();
        rent_per_area(unit, period);
        rent_class_above(rent);
        rent_no_figure();
        rent_tract(n);
        rent_zip(n);
        rent_is(area, rent, period);
        rent_is_about(area, rent, period, margin);
        rent_asked(area, rent, period);
        rent_none(area, period);
        rent_here();
        rent_compared_means();
        begun_by_officers();
        begun_by_calls();

        list_link();
        map_link();
        data_link();
        streets_from();
        ground_from(source);
        no_tracking();
        kept();

        nearest();
        nearest_private();
        nearest_failed();
        metres_away(n);
        kilometres_away(n);

        embed_heading();
        embed_how();
        embed_code();
        embed_address();
        embed_whole();

        not_printed();
        poster_link();
        poster_title(city);
        poster_print();
        poster_what();
        poster_scan();
        poster_scan_map();
        poster_ask();
        poster_ask_example(corner);
        poster_as_of(date, time);

        not_found();
        not_found_link();

        left_button();
        left_means();
        left_failed();
        left_unknown();
        left_elsewhere();
        left_too_many();
        left_unclear();
        left_back();

        find_heading();
        find_button();
        find_inside(area);
        find_deaf();
        find_outside();
        find_which();
        find_nothing();
        find_one_street(street);
        find_no_corner(street, cross);
        find_too_large(place);
        find_elsewhere(city);
        find_short_link();
        find_districts_only(city);
        find_other_city(city);
        find_in_city(city, place);
        find_to_city(city);
        find_pin();

        weekday_name(weekday);
        sweeps_title(city);
        sweeps_heading();
        sweeps_count(n);
        sweeps_day(weekday, day, month);
        sweeps_today(day);
        sweeps_tomorrow(day);
        sweeps_hours(from, to);
        sweeps_from(from);
        sweeps_no_hours();
        sweeps_sweep();
        sweeps_sweep_means();
        sweeps_cleaning();
        sweeps_cleaning_means();
        sweeps_removal();
        sweeps_removal_means();
        sweeps_source(source);
        sweeps_zone_means();
        sweeps_means();
        sweeps_do();
        sweeps_rights(who);
        sweeps_all(n);
        sweeps_by_area();
        sweeps_subscribe();
        sweeps_calendar(area);
        sweeps_calendar_link(area);
        sweeps_calendars();
        sweeps_calendars_means();
        sweeps_page();
        sweeps_none();
        sweeps_elsewhere();
        sweeps_entry(kind, place);
        sweeps_news(kind, day, hours, place);
        sweeps_data();

        about_link();
        about_title();
        about_shown_heading();
        about_shown();
        about_never_heading();
        about_never();
        about_fading_heading();
        about_fading();
        about_silence_heading();
        about_silence();
        about_kept_heading();
        about_kept();
        about_who_heading();
        about_who(name);
        about_who_contact();
        about_who_unsaid();
        about_contact_unsaid();
        about_text_heading();
        about_text_report(corner);
        about_text_report_does();
        about_text_gone(corner);
        about_text_gone_does();
        about_text_where(corner);
        about_text_where_does();
        about_text_help();
        about_text_help_does();
        about_text_notes();
        about_data_heading();
        about_data();
        about_data_sightings();
        about_data_fades();
        about_data_layers();
        about_data_events();
        about_data_feed();
        about_data_description();
        about_licences_heading();
        about_licences();
        about_licences_basemap();
        about_licences_own();

        feed_title(city);
        feed_subtitle();
        feed_entry(layer, period);
        feed_summary(n, unit, areas, explanation);
        feed_summary_rents(areas, unit, explanation);
    }
    said in the place of others {
        offline();
        offline_why();
        offline_from(date, time);
        poster_map_title(city);
        poster_map_text(city);
    }
}
