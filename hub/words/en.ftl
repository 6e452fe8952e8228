# What the page says in English: each message under its id, and what { $name } stands for is filled in.
#
# A translation is a file like this one, named by its language tag (fr.ftl, pt-BR.ftl), beside this one or in the folder that
# `words` in hub.toml names. What it does not say is said in English. The syntax: https://projectfluent.org/fluent/guide/

# How the language calls itself, and in which direction it is written: ltr or rtl.
language-name = English
direction = ltr

## The page

title = Police presence in { $city }
skip = Skip to the list
as-of = as of { $time }
reload = Reload
stale = This page is more than an hour old: everything on it has faded.

## The answer in one line, and what it does not mean

none-now = Nobody reported police in the last hour
# { $n } is 1 or more. A number may have words of its own ([0], [1]), else the language's plural forms (zero, one, two, few, many, other).
sightings-now =
    { $n ->
        [one] Police reported at { $n } place
       *[other] Police reported at { $n } places
    }
newest = newest { $ago }
silence = Silence is not safety: this shows only what people texted in.
no-data = No data: no receiver is connected
no-data-why = Reports cannot arrive now. Police may be anywhere.
no-coverage = No data: nobody is asked to report yet
no-coverage-why = No neighborhood has been declared. Police may be anywhere.

## Times and dates

just-now = just now
minutes-ago = { $n } min ago
hours-ago = { $n } h ago
on-day = on { $date }
now = now
minutes = { $n } min
# { $month } is 1 to 12.
month-name =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }
month = { $month } { $year }
# { $month } is a name from above, { $day } and { $year } are numbers.
date = { $month } { $day }, { $year }
fades = fades at { $time }, in { $n } min
reported-gone = reported gone { $time }

## Places, whose names stay as they are

# { $place } is a street, a corner or a district.
place-near = near { $place }
place-in = in { $place }

## Whether the page hears of changes

live = Live
# { $time } is when the page last heard from the hub.
lost = Not live: connection lost. Data from { $time }
connecting = Not live yet: connecting

## The map

now-heading = Seen now
map-heading = Map
map-title = Map of police sightings in { $city } at { $time }
map-text = Streets of { $city }; { $sightings }. Every marker carries the number of its row in the list. Hatched: no data.
map-moves = Move the map
move-closer = Closer
move-wider = Wider
move-west = West
move-east = East
move-north = North
move-south = South
whole-city = Whole city
all-areas = All areas
areas = Show an area

## What the marks mean

legend = What the marks mean
corroborated = corroborated
corroborated-means = two people, independently
photo = photo
photo-means = one person, with a photo
unconfirmed = unconfirmed
unconfirmed-means = one person’s words
gone-means = struck through: someone says that they left
fading-means = Each mark pales with age and is gone 60 minutes after its last report.
hatched = no data
hatched-means = hatched: no data, nobody reports from here

## How to report

report-heading = See police? Text it
report-where = Say where: a corner, an address or coordinates. A photo helps.
report-no-phone = This map has no number to text yet.
# An example of a corner, in the examples below. { $one } may be a numbered street as English says it, such as 5th; { $number } is
# its number, 5, or 0.
corner =
    { $number ->
        [1] 1st
        [2] 2nd
        [3] 3rd
       *[other] { $one }
    } & { $other }
report-example = police at { $corner }
report-gone-example = gone { $corner }
report-privacy = Your number, your words and your photo are never stored or shown here: only an area and a time. Your phone company still knows that you texted.

## Where reports come from

coverage-heading = Where reports come from
coverage = People know the number in { $areas }. Everywhere else is hatched: no data.
coverage-none = No neighborhood has been declared yet, so everywhere is hatched: no data.

## The cities of one map

cities = Cities
cities-no-data = no data: not covered

## Open data
##
## What the layers are called and mean stands in the city's file (hub/cities), in the city's languages. Any other language
## says it here, by the layer's id, for instance:
##
## open-data-encampments =
##     .title = ...
##     .explanation = ...
##     .unit = ...

# { $unit } is what a layer counts ("requests"), { $period } a month or a week.
layer-per-area = { $unit } per km², { $period }
layer-area = { $n } { $unit } in the outlined area, { $period }. This counts what was recorded then, not what is there now.
layer-more = What it means
layer-class-only = all about the same
layer-class-below = under { $n }
layer-class-between = { $from }–{ $to }
layer-class-above = over { $n }
layer-month = Month
layer-week = Week
layer-week-of = Week of { $date }
layer-years = Years
layer-years-of = { $from }–{ $to }
layer-on-map = Show on the map
layer-none = Nothing is published yet: each period is, seven days after its end.
layer-unknown = { $n } more are in places that the map does not know.
layer-stale = It could not be read yet; we try again.
layer-stale-since = It could not be refreshed since { $date }; what is shown is as it was then.
layer-hidden = not on the map
layer-show = Show
layer-rebuilt = The operator rebuilt this layer whole on { $date }.
layer-through = Data through { $date }
layer-read = read { $when }
layer-source = Source: { $source }. Licence: { $licence }.

# Rents: { $area } is rent-tract or rent-zip, { $rent } "$1,612" or rent-class-above or layer-class-below of it.
rent-per-area = { $unit }, { $period }
rent-class-above = { $rent } or more
rent-no-figure = no figure: few rent here, or nobody
rent-tract = Tract { $n }
rent-zip = ZIP code { $n }
rent-is = { $area }: median gross rent { $rent } a month, { $period } average.
rent-is-about = { $area }: median gross rent { $rent } a month, { $period } average, give or take { $margin }.
rent-asked = { $area }: typical asking rent { $rent } a month, { $period }.
rent-none = { $area }: no figure for { $period }. Too few people rent here, or nobody does.
rent-here = At the pin:
rent-compared-means = Both in the same colors. Each is in dollars of its own last year, so part of a rise is only that prices rose; years that both have are in both figures.

## Lines and stops of buses and trains, and cameras that read license plates

context-as-of = As of { $date }
context-read = Read { $when }
context-hide = Take off the map
transit-means = lines and stops of trains and buses
cameras-means = a camera that reads license plates; a number says how many
cameras-count =
    { $n ->
        [one] { $n } is mapped in and around { $city }.
       *[other] { $n } are mapped in and around { $city }.
    }

## Who began what is counted

begun-by-officers = began by officers themselves
begun-by-calls = officers were sent

## A layer's months or weeks

history-steps = Before and after it
history-slide = Move through time
history-compare = Compare with
history-nothing = nothing
history-range = From { $least } ({ $least_period }) to { $most } { $unit } ({ $most_period }), all published areas together.
history-compared = Before and after
# { $percent } is a number, or "<1".
history-more = { $percent } % more than in { $period }.
history-fewer = { $percent } % fewer than in { $period }.
history-as-many = As many as in { $period }.
history-none-before = None was published for { $period }.
history-compared-means = Areas with few are in neither number. More may mean that more people complain, not that there is more.

## The foot of the page

list-link = List only
map-link = Map and list
data-link = Data (GeoJSON)
streets-from = Streets drawn from the city’s open data.
# { $source } is what the files of streets and places say of themselves.
ground-from = Streets and places: { $source }.
no-tracking = No cookies, no log of visits.
kept = With scripts, your browser keeps this page without its sightings, for when there is no connection.

## Without a connection

offline = No data: offline.
offline-why = The map cannot be reached, and sightings are never kept. Police may be anywhere. A text message still works: WHERE and a corner asks, anything else reports.
offline-from = Offline. This is from { $date }, { $time }

## Nearest first

nearest = Nearest first
nearest-private = Your position stays in this phone: this page sends it to nobody. How a phone finds out where it is, its maker decides.
nearest-failed = The phone did not say where it is.
metres-away = { $n } m away
kilometres-away = { $n } km away

## The map in another page

embed-heading = Put this map on your page
embed-how = Copy this into your page. It shows what this map shows, and loads nothing from anywhere else.
embed-code = The code to copy
# Stands in the code until the reader puts the map's own address there: letters and hyphens only.
embed-address = THE-ADDRESS-OF-THIS-MAP/
embed-whole = The whole map

## On paper

not-printed = Sightings are not printed: on paper they could not fade.
poster-link = Poster to print
poster-title = Poster: police presence in { $city }
poster-print = One sheet, A4 or Letter: print this page.
poster-what = A map of where police are now, made of what people text in. A report shows for an hour and is then forgotten.
poster-scan = Point a phone’s camera here to text
poster-scan-map = See the map
poster-ask = What was seen near you? Ask by text:
poster-ask-example = where { $corner }
poster-map-title = Map of where reports come from in { $city }
poster-map-text = Streets of { $city }, without sightings. Outlined: where people know the number. Hatched: no data.
poster-as-of = As of { $date }, { $time }. No sightings on this sheet: they change within the hour.

## Addresses that lead nowhere

not-found = There is no such page
not-found-link = To the map

## They left

left-button = They left
left-means = “They left” adds a note for everyone to see. It removes nothing: the sighting fades in its time.
left-failed = Not sent. Try again
left-unknown = There is no such sighting now. It may have faded.
left-elsewhere = This came from another page. Only the map’s own page can say that they left.
left-too-many = Too many said so just now. Try again in a minute, or text it.
left-unclear = This does not say which sighting.
left-back = Back to the map

## Finding a place

find-heading = Find a place
find-button = Find
find-inside = The pin on the map marks it. It lies in { $area }, where people know the number.
find-deaf = The pin on the map marks it. No data: no receiver is connected now.
find-outside = The pin on the map marks it. No data: nobody reports from there.
find-which = More than one place answers to that. Which one?
find-nothing = That is no place that this map knows. Write a corner, a block or coordinates; the map stays as it was.
find-one-street = { $street } alone is too long to be a place. Add its cross street; the map stays as it was.
find-no-corner = This map knows no corner of { $street } and { $cross }; it stays as it was.
find-too-large = { $place } is too large to be one place. Write a corner in it; the map stays as it was.
find-elsewhere = Those coordinates are not in { $city }; the map stays as it was.
find-short-link = A short map link hides its place, and this map opens no links. Write the corner; the map stays as it was.
find-districts-only = That is no district of { $city }, and this map does not know its streets yet; it stays as it was.
find-other-city = That was not found in { $city }; the map stays as it was.
# A link to a place in another city of this map, or to that city's map.
find-in-city = In { $city }: { $place }
find-to-city = Map of { $city }
find-pin = the place that you looked for

## Announced sweeps

# { $weekday } is 1 (Monday) to 7.
weekday-name =
    { $weekday ->
        [1] Monday
        [2] Tuesday
        [3] Wednesday
        [4] Thursday
        [5] Friday
        [6] Saturday
       *[7] Sunday
    }
sweeps-title = Sweeps announced in { $city }
sweeps-heading = Sweeps announced
sweeps-count =
    { $n ->
        [one] { $n } sweep announced.
       *[other] { $n } sweeps announced.
    }
# { $weekday } and { $month } are names from above.
sweeps-day = { $weekday }, { $month } { $day }
# { $day } is such a day.
sweeps-today = Today, { $day }
sweeps-tomorrow = Tomorrow, { $day }
# { $from } and { $to } are times of the clock.
sweeps-hours = { $from }–{ $to }
sweeps-from = from { $from }, no end was posted
sweeps-no-hours = no hours were posted
sweeps-sweep = Sweep
sweeps-sweep-means = the notice does not say for how long people must leave.
sweeps-cleaning = Cleaning
sweeps-cleaning-means = people must move for these hours, with all their things.
sweeps-removal = Removal
sweeps-removal-means = people are told to leave. What stays may be taken.
# { $source } is the office that posted the notice.
sweeps-source = Posted by { $source }.
# In the legend, beside a letter on a leaf of a calendar.
sweeps-zone-means = A sweep is announced somewhere within the dashed line; its letter is in the list
sweeps-means = From the city’s own notices. Dates change and crews come early; police are often with them. Sweeps also come without a notice, so a place that is not listed can be swept too.
sweeps-do = Before that day: pack papers, medicine, phone and what you cannot lose, and know where to go. During it: ask which things they store, where, and for how long, and ask for that in writing.
# { $who } is what the operator has set.
sweeps-rights = Ask about your rights and your things: { $who }
sweeps-all = All { $n }, by area
sweeps-by-area = By area
sweeps-subscribe = Add to a calendar (.ics)
sweeps-calendar = Sweeps announced: { $area }
sweeps-calendar-link = Calendar of { $area } (.ics)
sweeps-calendars = Calendars by area
sweeps-calendars-means = Subscribe to one in your phone’s calendar (.ics): what is announced later comes by itself. Whoever sees your calendar sees that you follow it.
# An empty line begins a paragraph.
sweeps-page =
    What the city posted, as far as somebody has told this map: a day, hours, a street or a park. A notice goes from here when it is over.
sweeps-none = No announced sweep is known here. Sweeps also come without a notice.
sweeps-elsewhere = Elsewhere, or no area given
# { $kind } is one of the three above.
sweeps-entry = { $kind } announced: { $place }
sweeps-news = { $kind } announced: { $day }, { $hours }: { $place }
sweeps-data = Announced sweeps

## The page about the map

about-link = About this map
about-title = About this map
about-shown-heading = What it shows
# An empty line begins a paragraph.
about-shown =
    Where police were seen in the last hour, as people texted it: an area, a time, and how much it rests on.

    Where people complained to the city about encampments, and where police were called: counts by area and by month or week, from the city’s open data. A request is a complaint filed, never proof of a camp.
about-never-heading = What it never shows
about-never =
    No phone number, no message, no photo, no license plate, no face. They are never written to disk, published or logged.

    No person: not an officer, not a resident, not who reported.

    No exact camp. A sighting is an area about 430 meters across; where few addresses are known it is larger, up to some 3 kilometers, for there a small area would be the camp.

    No counts of few: an area of open data holds at least 5 requests from 3 addresses, or 5 calls. Fewer are joined with what is around them, or left out.
about-fading-heading = How a sighting fades
about-fading =
    It is shown until 60 minutes after its last report, and pales on the way. Another report begins the hour anew.

    Two people who report independently make it corroborated; one photo that shows police makes it a photo; else it is one person’s words.

    Who reported it takes it back by texting GONE. When two others text that police left, it ends. One such text, or the button “They left” on the map, only adds a note.
about-silence-heading = Silence is not safety
about-silence =
    An empty map means that nobody texted. Police may be anywhere.

    Where no neighborhood is declared, and while no receiver is connected, the map is hatched and says “no data”.
about-kept-heading = What is kept, and for how long
about-kept =
    One hour after it faded, a sighting’s area, its time and all that links its reports are erased. Only random numbers of reports stay for 35 days, so that none counts twice. There is no history of sightings.

    So that one person does not count as two, the receiver makes a code from number and area with a key that changes daily, is only ever in its memory, and is gone with a restart. Codes of two areas or two days cannot be linked.

    Open data is published once for each month or week, seven days after its end. New data does not change it; only the operator can rebuild it whole, and then this map says so.

    This map sets no cookies and keeps no log of visits; a place that you look for is forgotten when it is answered, but your own browser may remember it. Your phone company still knows that you texted.
about-who-heading = Who runs this map
about-who = It is run by { $name }.
about-who-contact = Contact:
about-who-unsaid = Its operator has not said who they are.
about-contact-unsaid = They have given no contact.
about-text-heading = How to report by text
# What to text, and what it does. The words are those that the edge understands (edge/words).
about-text-report = police at { $corner }
about-text-report-does = reports it. A photo helps, with the corner in the same message or right after it.
about-text-gone = GONE { $corner }
about-text-gone-does = says that they left; GONE alone takes back your own last report.
about-text-where = WHERE { $corner }
about-text-where-does = answers with what is shown near there.
about-text-help = HELP
about-text-help-does = says how it works; LANGUAGE or IDIOMA chooses the language, STOP ends all answers, START brings them back.
about-text-notes =
    A corner, a block, a place’s name or coordinates will do. You are asked back if more than one place answers to it.

    Every text gets at most one answer.
about-data-heading = The data
about-data = Anyone may take it, without a key. Links on this page lead to it:
about-data-sightings = Sightings now
about-data-fades = Each carries the time when it fades (fades_at): after that, do not show it or keep it.
about-data-layers = List of layers
about-data-events = Changes as they happen (server-sent events)
about-data-feed = News of the layers (Atom)
about-data-description = Description for programs (OpenAPI)
about-licences-heading = Sources and licenses
about-licences = The layers are made from these:
about-licences-basemap = The map beneath is made from:
about-licences-own = Spotlight, the program, is free software under the MIT or Apache-2.0 license, at your choice.

## The feed of what is published

feed-title = News of the police map of { $city }
feed-subtitle = Sweeps that are to come, and what is published of each layer. Sightings are not in it: they fade within the hour.
feed-entry = { $layer }: { $period }
feed-summary = { $n } { $unit } in { $areas } areas. { $explanation }
feed-summary-rents = { $areas } areas, each with its rent in { $unit }. { $explanation }
