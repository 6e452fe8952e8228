# What the page says in Spanish. See en.ftl.

language-name = Español
direction = ltr

## The page

title = Presencia policial en { $city }
skip = Ir a la lista
as-of = a las { $time }
reload = Actualizar
stale = Esta página tiene más de una hora: todo lo que mostraba ya se borró.

## The answer in one line, and what it does not mean

none-now = Nadie avisó de policía en la última hora
sightings-now =
    { $n ->
        [one] { $n } aviso de policía
       *[other] { $n } avisos de policía
    }
newest = el último, { $ago }
silence = Silencio no es seguridad: aquí solo se ve lo que la gente avisó por mensaje.
no-data = Sin datos: ningún receptor conectado
no-data-why = Ahora no pueden llegar avisos. Puede haber policía en cualquier parte.
no-coverage = Sin datos: aún no se pide a nadie que avise
no-coverage-why = No se ha declarado ningún barrio. Puede haber policía en cualquier parte.

## Times and dates

just-now = ahora mismo
minutes-ago = hace { $n } min
hours-ago = hace { $n } h
on-day = el { $date }
now = ahora
minutes = { $n } min
month-name =
    { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    }
month = { $month } de { $year }
date = { $day } de { $month } de { $year }
fades = se borra a las { $time }, en { $n } min
reported-gone = avisan que se fueron, { $time }

## Places, whose names stay as they are

place-near = cerca de { $place }
place-in = en { $place }

## Whether the page hears of changes

live = En vivo
lost = No en vivo: sin conexión. Datos de las { $time }
connecting = Aún no en vivo: conectando

## The map

now-heading = Vistos ahora
map-heading = Mapa
map-title = Mapa de avisos de policía en { $city } a las { $time }
map-text = Calles de { $city }; { $sightings }. Cada marca lleva el número de su fila en la lista. Rayado: sin datos.
map-moves = Mover el mapa
move-closer = Acercar
move-wider = Alejar
move-west = Oeste
move-east = Este
move-north = Norte
move-south = Sur
whole-city = Toda la ciudad
all-areas = Todas las zonas
areas = Mostrar una zona

## What the marks mean

legend = Qué significan las marcas
corroborated = corroborado
corroborated-means = dos personas, cada una por su lado
photo = foto
photo-means = una persona, con foto
unconfirmed = sin confirmar
unconfirmed-means = la palabra de una persona
gone-means = tachado: alguien dice que se fueron
fading-means = Cada marca palidece con el tiempo y se borra 60 minutos después de su último aviso.
hatched = sin datos
hatched-means = rayado: sin datos, de aquí nadie avisa

## How to report

report-heading = ¿Ves policía? Manda un mensaje
report-where = Di dónde: una esquina, una dirección o coordenadas. Una foto ayuda.
report-no-phone = Este mapa aún no tiene número para mensajes.
corner =
    { $number ->
        [1] 1ra
        [2] 2da
        [3] 3ra
        [4] 4ta
        [5] 5ta
        [6] 6ta
        [7] 7ma
        [8] 8va
        [9] 9na
        [10] 10ma
       *[other] { $one }
    } y { $other }
report-example = policía en { $corner }
report-gone-example = se fueron { $corner }
report-privacy = Tu número, tus palabras y tu foto nunca se guardan ni se muestran aquí: solo una zona y una hora. Tu compañía de teléfono sí sabe que mandaste un mensaje.

## Where reports come from

coverage-heading = De dónde llegan avisos
coverage = La gente conoce el número en { $areas }. Todo lo demás está rayado: sin datos.
coverage-none = Aún no se ha declarado ningún barrio; todo está rayado: sin datos.

## The cities of one map

cities = Ciudades
cities-no-data = sin datos: sin cobertura

## Open data

layer-per-area = { $unit } por km², { $period }
layer-area = { $n } { $unit } en la zona marcada, { $period }. Cuenta lo que se registró entonces, no lo que hay ahora.
layer-more = Qué significa
layer-class-only = todas más o menos igual
layer-class-below = menos de { $n }
layer-class-between = { $from }–{ $to }
layer-class-above = más de { $n }
layer-month = Mes
layer-week = Semana
layer-week-of = Semana del { $date }
layer-years = Años
layer-years-of = { $from }–{ $to }
layer-on-map = Mostrar en el mapa
layer-none = Todavía no hay nada publicado: cada periodo lo es siete días después de terminar.
layer-unknown = { $n } más están en lugares que el mapa no conoce.
layer-stale = Todavía no se ha podido leer; seguimos intentando.
layer-stale-since = No se ha podido actualizar desde el { $date }; se muestra como estaba entonces.
layer-hidden = fuera del mapa
layer-show = Mostrar
layer-rebuilt = El operador rehizo esta capa entera el { $date }.
layer-through = Datos hasta el { $date }
layer-read = leídos { $when }
layer-source = Fuente: { $source }. Licencia: { $licence }.

## A layer's months or weeks

history-steps = Antes y después
history-slide = Recorrer el tiempo
history-compare = Comparar con
history-nothing = nada
history-range = De { $least } ({ $least_period }) a { $most } { $unit } ({ $most_period }), todas las zonas publicadas juntas.
history-compared = Antes y después
history-more = { $percent } % más que en { $period }.
history-fewer = { $percent } % menos que en { $period }.
history-as-many = Igual que en { $period }.
history-none-before = De { $period } no se publicó nada.
history-compared-means = Las zonas con pocas no están en ningún número. Más puede querer decir que más gente se queja, no que haya más.

rent-per-area = { $unit }, { $period }
rent-class-above = { $rent } o más
rent-no-figure = sin cifra: alquila poca gente, o nadie
rent-tract = Sector { $n }
rent-zip = Código postal { $n }
rent-is = { $area }: alquiler mediano de { $rent } al mes, promedio de { $period }.
rent-is-about = { $area }: alquiler mediano de { $rent } al mes, promedio de { $period }, { $margin } más o menos.
rent-asked = { $area }: se piden normalmente { $rent } al mes, { $period }.
rent-none = { $area }: no hay cifra de { $period }. Aquí alquila muy poca gente, o nadie.
rent-here = Donde está el alfiler:
rent-compared-means = Los dos con los mismos colores. Cada uno está en dólares de su último año, así que parte de una subida es solo que subieron los precios; los años que tienen en común están en las dos cifras.

## Líneas y paradas de autobuses y trenes, y cámaras que leen placas

context-as-of = Tal como el { $date }
context-read = Leído { $when }
context-hide = Quitar del mapa
transit-means = líneas y paradas de trenes y autobuses
cameras-means = una cámara que lee placas; un número dice cuántas
cameras-count =
    { $n ->
        [one] Hay { $n } marcada en { $city } y sus alrededores.
       *[other] Hay { $n } marcadas en { $city } y sus alrededores.
    }

## Quién empezó lo que se cuenta

begun-by-officers = empezadas por los agentes
begun-by-calls = mandaron a los agentes

## The foot of the page

list-link = Solo la lista
map-link = Mapa y lista
data-link = Datos (GeoJSON)
streets-from = Calles dibujadas con los datos abiertos de la ciudad.
ground-from = Calles y lugares: { $source }.
no-tracking = Sin cookies, sin registro de visitas.
kept = Con scripts, tu navegador guarda esta página sin sus avisos, para cuando no haya conexión.

## Without a connection

offline = Sin datos: sin conexión.
offline-why = No se puede llegar al mapa, y los avisos nunca se guardan. Puede haber policía en cualquier parte. Un mensaje de texto sí funciona: DONDE y una esquina pregunta, lo demás avisa.
offline-from = Sin conexión. Esto es del { $date }, { $time }

## Nearest first

nearest = Primero lo más cercano
nearest-private = Tu posición se queda en este teléfono: esta página no se la manda a nadie. Cómo averigua un teléfono dónde está, lo decide su fabricante.
nearest-failed = El teléfono no dijo dónde está.
metres-away = a { $n } m
kilometres-away = a { $n } km

## The map in another page

embed-heading = Pon este mapa en tu página
embed-how = Copia esto en tu página. Muestra lo que muestra este mapa, y no carga nada de otro sitio.
embed-code = El código para copiar
embed-address = LA-DIRECCION-DE-ESTE-MAPA/
embed-whole = El mapa entero

## On paper

not-printed = Los avisos no se imprimen: en papel no podrían borrarse.
poster-link = Cartel para imprimir
poster-title = Cartel: presencia policial en { $city }
poster-print = Una hoja, A4 o carta: imprime esta página.
poster-what = Un mapa de dónde hay policía ahora, hecho de lo que la gente avisa por mensaje. Cada aviso se ve una hora y luego se olvida.
poster-scan = Apunta aquí la cámara del teléfono para mandar un mensaje
poster-scan-map = Ver el mapa
poster-ask = ¿Qué se vio cerca de ti? Pregunta por mensaje:
poster-ask-example = donde { $corner }
poster-map-title = Mapa de dónde llegan avisos en { $city }
poster-map-text = Calles de { $city }, sin avisos. Con borde: donde la gente conoce el número. Rayado: sin datos.
poster-as-of = Del { $date }, { $time }. En esta hoja no hay avisos: cambian dentro de la hora.

## Addresses that lead nowhere

not-found = Esta página no existe
not-found-link = Al mapa

## They left

left-button = Se fueron
left-means = “Se fueron” añade una nota que todos ven. No quita nada: el aviso se borra a su hora.
left-failed = No se envió. Otra vez
left-unknown = Ese aviso ya no está. Puede que se haya borrado.
left-elsewhere = Esto vino de otra página. Solo la página del mapa puede decir que se fueron.
left-too-many = Demasiados lo dijeron ahora. Prueba en un minuto, o manda un mensaje.
left-unclear = Esto no dice de qué aviso se trata.
left-back = Volver al mapa

## Finding a place

find-heading = Buscar un lugar
find-button = Buscar
find-inside = El marcador del mapa lo señala. Está en { $area }, donde la gente conoce el número.
find-deaf = El marcador del mapa lo señala. Sin datos: ningún receptor está conectado ahora.
find-outside = El marcador del mapa lo señala. Sin datos: de allí nadie avisa.
find-which = Más de un lugar se llama así. ¿Cuál?
find-nothing = Este mapa no conoce ese lugar. Escribe una esquina, una cuadra o coordenadas; el mapa queda como estaba.
find-one-street = { $street } sola es demasiado larga para ser un lugar. Añade la calle que cruza; el mapa queda como estaba.
find-no-corner = Este mapa no conoce ninguna esquina de { $street } y { $cross }; queda como estaba.
find-too-large = { $place } es demasiado grande para ser un lugar. Escribe una esquina de allí; el mapa queda como estaba.
find-elsewhere = Esas coordenadas no están en { $city }; el mapa queda como estaba.
find-short-link = Un enlace corto oculta el lugar, y este mapa no abre enlaces. Escribe la esquina; el mapa queda como estaba.
find-districts-only = No es un barrio de { $city }, y este mapa aún no conoce sus calles; queda como estaba.
find-other-city = No se encontró en { $city }; el mapa queda como estaba.
find-in-city = En { $city }: { $place }
find-to-city = Mapa de { $city }
find-pin = el lugar que buscaste

## Announced sweeps

weekday-name =
    { $weekday ->
        [1] lunes
        [2] martes
        [3] miércoles
        [4] jueves
        [5] viernes
        [6] sábado
       *[7] domingo
    }
sweeps-title = Desalojos y limpiezas anunciados en { $city }
sweeps-heading = Desalojos y limpiezas anunciados
sweeps-count = Avisos de desalojo o limpieza: { $n }.
sweeps-day = { $weekday } { $day } de { $month }
sweeps-today = Hoy, { $day }
sweeps-tomorrow = Mañana, { $day }
sweeps-hours = { $from }–{ $to }
sweeps-from = desde las { $from }, el aviso no dice hasta cuándo
sweeps-no-hours = el aviso no dice la hora
sweeps-sweep = Desalojo o limpieza
sweeps-sweep-means = el aviso no dice por cuánto tiempo hay que irse.
sweeps-cleaning = Limpieza
sweeps-cleaning-means = hay que moverse esas horas, con todas las cosas.
sweeps-removal = Desalojo
sweeps-removal-means = le piden a la gente que se vaya. Lo que se quede se lo pueden llevar.
sweeps-source = Aviso de { $source }.
sweeps-zone-means = Hay un aviso de desalojo o limpieza dentro de la línea discontinua; su letra está en la lista
sweeps-means = De los avisos de la propia ciudad. Las fechas cambian y a veces llegan antes; muchas veces va la policía. También llegan sin aviso, y a lugares que no están en la lista.
sweeps-do = Antes de ese día: empaca papeles, medicinas, teléfono y lo que no puedes perder, y piensa adónde ir. Ese día: pregunta qué cosas guardan, dónde y por cuánto tiempo, y pídelo por escrito.
sweeps-rights = Pregunta por tus derechos y tus cosas: { $who }
sweeps-all = Los { $n } avisos, por zona
sweeps-by-area = Por zona
sweeps-subscribe = Agregar a un calendario (.ics)
sweeps-calendar = Desalojos y limpiezas anunciados: { $area }
sweeps-calendar-link = Calendario de { $area } (.ics)
sweeps-calendars = Calendarios por zona
sweeps-calendars-means = Suscríbete a uno en el calendario de tu teléfono (.ics): lo que se anuncie después llega solo. Quien vea tu calendario verá que lo sigues.
sweeps-page =
    Lo que la ciudad anunció, si alguien se lo contó a este mapa: un día, unas horas, una calle o un parque. Un aviso se quita de aquí cuando ya pasó.
sweeps-none = Aquí no se sabe de ningún aviso. También llegan sin aviso.
sweeps-elsewhere = En otra parte, o sin zona
sweeps-entry = { $kind } (aviso): { $place }
sweeps-news = { $kind } (aviso): { $day }, { $hours }: { $place }
sweeps-data = Desalojos y limpiezas anunciados

## The page about the map

about-link = Sobre este mapa
about-title = Sobre este mapa
about-shown-heading = Qué muestra
about-shown =
    Dónde se vio policía en la última hora, según los mensajes de la gente: una zona, una hora y en qué se apoya.

    Dónde la gente se quejó a la ciudad de campamentos, y dónde se llamó a la policía: cantidades por zona y por mes o semana, de los datos abiertos de la ciudad. Una solicitud es una queja presentada, nunca prueba de un campamento.
about-never-heading = Qué no muestra nunca
about-never =
    Ningún número de teléfono, mensaje, foto, placa ni cara. Nunca se guardan en disco, se publican ni se registran.

    Ninguna persona: ni agentes, ni residentes, ni quien avisó.

    Ningún campamento exacto. Un aviso es una zona de unos 430 metros de ancho; donde se conocen pocas direcciones es mayor, hasta unos 3 kilómetros, porque allí una zona pequeña sería el campamento.

    Ninguna cantidad pequeña: una zona de datos abiertos tiene al menos 5 solicitudes de 3 direcciones, o 5 llamadas. Las que son menos se juntan con sus alrededores, o se dejan fuera.
about-fading-heading = Cómo se borra un aviso
about-fading =
    Se muestra hasta 60 minutos después de su último mensaje, cada vez más pálido. Otro mensaje empieza la hora de nuevo.

    Dos personas que avisan cada una por su lado lo hacen corroborado; una foto donde se ve policía lo hace foto; si no, es la palabra de una persona.

    Quien avisó lo retira mandando SE FUERON. Cuando otras dos personas mandan que la policía se fue, se termina. Un solo mensaje así, o el botón “Se fueron” del mapa, solo añade una nota.
about-silence-heading = Silencio no es seguridad
about-silence =
    Un mapa vacío significa que nadie avisó. Puede haber policía en cualquier parte.

    Donde no se ha declarado ningún barrio, y mientras no haya un receptor conectado, el mapa está rayado y dice “sin datos”.
about-kept-heading = Qué se guarda, y cuánto tiempo
about-kept =
    Una hora después de borrarse, se eliminan la zona del aviso, su hora y todo lo que une sus mensajes. Solo quedan números al azar durante 35 días, para que ninguno cuente dos veces. No hay historial de avisos.

    Para que una persona no cuente como dos, el receptor hace un código con el número y la zona y una clave que cambia cada día, que solo está en su memoria y se pierde al reiniciarlo. Los códigos de dos zonas o de dos días no se pueden unir.

    Los datos abiertos se publican una vez por mes o semana, siete días después de su fin. Los datos nuevos no lo cambian; solo el operador puede rehacerlo entero, y entonces este mapa lo dice.

    Este mapa no usa cookies ni guarda registro de visitas; un lugar que buscas se olvida al contestarte, pero tu navegador puede recordarlo. Tu compañía de teléfono sí sabe que mandaste un mensaje.
about-who-heading = Quién lleva este mapa
about-who = Lo lleva { $name }.
about-who-contact = Contacto:
about-who-unsaid = Su operador no ha dicho quién es.
about-contact-unsaid = No ha dado ningún contacto.
about-text-heading = Cómo avisar por mensaje
about-text-report = policía en { $corner }
about-text-report-does = avisa. Una foto ayuda, con la esquina en el mismo mensaje o justo después.
about-text-gone = SE FUERON { $corner }
about-text-gone-does = dice que se fueron; SE FUERON solo retira tu último aviso.
about-text-where = DONDE { $corner }
about-text-where-does = contesta con lo que se muestra cerca de allí.
about-text-help = AYUDA
about-text-help-does = explica cómo funciona; IDIOMA o LANGUAGE elige el idioma, ALTO termina las respuestas y EMPEZAR las trae de nuevo.
about-text-notes =
    Sirven una esquina, una cuadra, el nombre de un lugar o coordenadas. Se te pregunta si más de un lugar se llama así.

    Cada mensaje recibe como mucho una respuesta.
about-data-heading = Los datos
about-data = Cualquiera puede tomarlos, sin clave. Estos enlaces llevan a ellos:
about-data-sightings = Avisos de ahora
about-data-fades = Cada uno lleva la hora en que se borra (fades_at): después, no lo muestres ni lo guardes.
about-data-layers = Lista de capas
about-data-events = Cambios al momento (server-sent events)
about-data-feed = Novedades de las capas (Atom)
about-data-description = Descripción para programas (OpenAPI)
about-licences-heading = Fuentes y licencias
about-licences = Las capas se hacen con estos datos:
about-licences-basemap = El mapa de fondo se hace con:
about-licences-own = Spotlight, el programa, es software libre bajo la licencia MIT o Apache-2.0, a elección.

## The feed of what is published

feed-title = Novedades del mapa policial de { $city }
feed-subtitle = Los desalojos que vienen, y lo que se publica de cada capa. Los avisos no están aquí: se borran en una hora.
feed-entry = { $layer }: { $period }
feed-summary = { $n } { $unit } en { $areas } zonas. { $explanation }
feed-summary-rents = { $areas } zonas, cada una con su alquiler en { $unit }. { $explanation }
