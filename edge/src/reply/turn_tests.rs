use crate::reply::script::check;

#[test]
fn an_ambiguous_place_is_chosen_by_number() {
    check(&[
        (
            0,
            "police 4th ave & vernon ave",
            "",
            "Which corner do you mean? 1) ",
        ),
        (
            3,
            "2",
            "present 4th Ave & Vernon Ave, 90008 0",
            "Got it: police at 4th Ave & Vernon Ave, 90008. Shows until 21:00.",
        ),
        (4, "2", "", "Got it: police at"),
    ]);
    check(&[
        (
            0,
            "policia en 4th ave y vernon ave",
            "",
            "¿Que esquina quiere decir? 1) ",
        ),
        (
            3,
            "uno",
            "present 4th Ave & Vernon Ave, 90291 0",
            "Recibido: policia en 4th Ave & Vernon Ave, 90291. Visible hasta 21:00.",
        ),
    ]);
}

#[test]
fn an_ambiguous_place_is_answered_by_a_corner_or_not_at_all() {
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            2,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St.",
        ),
    ]);
    // Too late: the number means nothing any more.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (10, "2", "", "Text what you see"),
    ]);
    // Asked once with choices; then in words, and a corner still completes it.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "4th ave & vernon ave",
            "",
            "We still do not know the place",
        ),
        (2, "by the tree", "", "We still do not know the place"),
        (3, "1", "present 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn a_number_is_about_what_was_asked_last() {
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "5th ave & vernon ave",
            "",
            "Which corner do you mean? 1) ",
        ),
        (
            2,
            "2",
            "present 5th Ave & Vernon Ave, 90008 0",
            "Got it: police at 5th Ave & Vernon Ave, 90008.",
        ),
    ]);
    // Words that point elsewhere, and are no choice themselves.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "main st & vermont ave",
            "",
            "We still do not know the place",
        ),
        (2, "2", "", "We still do not know the place"),
        (
            3,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
    ]);
    // A street that was asked about before is not the corner's.
    check(&[
        (0, "police on san pedro st", "", "San Pedro"),
        (1, "4th ave & vernon ave", "", "Which corner"),
        (2, "by the tree", "", "We still do not know the place"),
        (3, "1", "present 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn a_missing_cross_street_is_enough_to_be_sent_alone() {
    check(&[
        (0, "police on san pedro st", "", "San Pedro"),
        (
            1,
            "5th",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St.",
        ),
    ]);
}

#[test]
fn a_missing_place_is_asked_for() {
    check(&[
        (
            0,
            "police at the big tree",
            "",
            "Where? Nothing is shown without the place.",
        ),
        (
            9,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
    ]);
    check(&[
        (
            0,
            "hay muchos policias aqui",
            "",
            "¿Donde? Sin el lugar no se muestra nada.",
        ),
        (
            2,
            "5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido: policia en 5th St & San Pedro St.",
        ),
    ]);
    check(&[(
        0,
        "police https://maps.app.goo.gl/abc",
        "",
        "That short link hides the place",
    )]);
}

#[test]
fn a_photo_and_then_the_place_are_one_report() {
    check(&[
        (
            0,
            "[police]",
            "",
            "Text police and the corner: 5th & San Pedro / Escriba policia",
        ),
        (
            4,
            "5th & San Pedro",
            "photo 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St, photo checked, we keep none.",
        ),
    ]);
    check(&[
        (0, "[unsure] mira", "", "Text police"),
        (
            1,
            "policia en 5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido: policia en 5th St & San Pedro St. Foto dudosa",
        ),
    ]);
    check(&[
        (
            0,
            "[unsure] look at the cops",
            "",
            "Photo seen, we keep none. Where was it?",
        ),
        (
            1,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. Photo unclear",
        ),
    ]);
    // After ten minutes the text is a report of its own.
    check(&[
        (0, "[police]", "", "Text police"),
        (
            10,
            "5th & San Pedro",
            "present 5th St & San Pedro St 10",
            "Got it: police at 5th St & San Pedro St. Shows",
        ),
    ]);
    check(&[
        (0, "[police]", "", "Text police"),
        (1, "[police] this too", "", "Text police"),
        (2, "4th ave & vernon ave", "", "Which corner"),
        (3, "1", "photo 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn a_text_and_then_a_photo_are_one_observation() {
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. Shows until 21:00.",
        ),
        (
            3,
            "[police]",
            "photo 5th St & San Pedro St 3",
            "Got it: police at 5th St & San Pedro St, photo checked, we keep none. Shows until 21:03.",
        ),
        (
            4,
            "[unsure] another",
            "",
            "Got it: police at 5th St & San Pedro St. Photo unclear, your word counts. Shows until 21:03.",
        ),
        (
            5,
            "[other]",
            "",
            "Got it: police at 5th St & San Pedro St, by your words",
        ),
        (
            6,
            "[broken]",
            "",
            "Got it: police at 5th St & San Pedro St. The photo could not be read.",
        ),
        (
            7,
            "they have dogs",
            "",
            "Got it: police at 5th St & San Pedro St. Shows until 21:03.",
        ),
    ]);
    // Later it needs its place again.
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            10,
            "[police]",
            "",
            "Photo seen, we keep none. Where was it?",
        ),
    ]);
}

#[test]
fn a_photo_of_no_police_is_told_so_kindly() {
    check(&[
        (
            0,
            "[other] 5th & San Pedro",
            "",
            "We see no police in the photo",
        ),
        (
            1,
            "[other] police 5th & San Pedro",
            "present 5th St & San Pedro St 1",
            "Got it: police at 5th St & San Pedro St, by your words",
        ),
    ]);
    check(&[(0, "[other]", "", "We see no police in the photo")]);
    check(&[(
        0,
        "[other] aqui en la calle",
        "",
        "No vemos policia en la foto",
    )]);
    check(&[
        (0, "4th ave & vernon ave", "", "Which corner"),
        (1, "[other]", "", "We see no police in the photo"),
        (2, "1", "", "Text police"),
    ]);
    check(&[
        (
            0,
            "[broken] 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. The photo could not be read.",
        ),
        (
            1,
            "[police] gone from 5th & San Pedro",
            "gone 5th St & San Pedro St 1",
            "Got it: gone from 5th St & San Pedro St.",
        ),
    ]);
}

#[test]
fn gone_takes_back_the_senders_own_last_place_within_the_hour() {
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            40,
            "GONE",
            "gone 5th St & San Pedro St 40",
            "Got it: gone from 5th St & San Pedro St. Thank you.",
        ),
        (41, "GONE", "", "Thank you. Where did they leave?"),
        (
            42,
            "6th & San Pedro",
            "gone 6th St & San Pedro St 41",
            "Got it: gone from 6th St & San Pedro St.",
        ),
    ]);
    check(&[
        (
            0,
            "policia 5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido",
        ),
        (
            5,
            "ya se fueron",
            "gone 5th St & San Pedro St 5",
            "Recibido: se fueron de 5th St & San Pedro St. Gracias.",
        ),
    ]);
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (60, "GONE", "", "Thank you. Where did they leave?"),
    ]);
    check(&[
        (0, "they left 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "2",
            "gone 4th Ave & Vernon Ave, 90008 0",
            "Got it: gone from 4th Ave & Vernon Ave, 90008.",
        ),
    ]);
    // Those that left another place are not one's own.
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            1,
            "GONE 6th & San Julian",
            "gone 6th St & San Julian St 1",
            "Got it: gone from 6th St & San Julian St.",
        ),
        (2, "GONE", "gone 5th St & San Pedro St 2", "Got it"),
    ]);
}

#[test]
fn a_question_is_never_a_report() {
    check(&[
        (
            0,
            "WHERE 5th & San Pedro",
            "",
            "No data for 5th St & San Pedro St now. That does not mean that it is safe.",
        ),
        (
            1,
            "DONDE 5ta y San Pedro",
            "",
            "Sin datos de 5th St & San Pedro St ahora.",
        ),
        (2, "any cops at 5th & San Pedro?", "", "No data for"),
        (3, "where", "", "Where? Text WHERE and the corner"),
        (4, "5th & San Pedro", "", "No data for"),
        (
            5,
            "5th & San Pedro",
            "present 5th St & San Pedro St 5",
            "Got it",
        ),
    ]);
    check(&[
        (0, "donde 4th ave y vernon ave", "", "¿Que esquina"),
        (
            1,
            "1",
            "",
            "Sin datos de 4th Ave & Vernon Ave, 90291 ahora.",
        ),
    ]);
    check(&[
        (0, "where?", "", "Where? Text WHERE"),
        (
            1,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 1",
            "Got it",
        ),
    ]);
    // A question between does not lose what was asked.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (1, "WHERE 5th & San Pedro", "", "No data for"),
        (2, "HELP", "", "Text what you see"),
        (3, "1", "present 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}
