"""The made-up studios, one for each part: their shows, people, fields, hosts and paths."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """A studio. Pools are drawn from in order: the first of a pool is met most."""

    site: str
    target: str
    shows: tuple[tuple[int, str], ...]
    people: tuple[tuple[int, str, str], ...]
    groups: tuple[tuple[int, str], ...]
    statuses: tuple[str, ...]
    steps: tuple[tuple[int, str], ...]
    fields: tuple[str, ...]
    aliens: tuple[str, ...]
    scripts: tuple[str, ...]
    assets: tuple[str, ...]
    workers: tuple[str, ...]
    mounts: tuple[str, ...]
    drives: tuple[str, ...]
    code: str
    home: str

    def shot_code(self, chance: random.Random) -> str:
        """A shot's name in this studio's manner."""
        return self.code.format(
            e=chance.randint(1, 12), s=chance.randrange(1, 60), n=chance.randrange(10, 990, 10)
        )


_FIRST = World(
    site="halcyonfx.shotgrid.autodesk.com",
    target="tracker.halcyon.example",
    shows=tuple(
        enumerate(
            (
                "Moth & Lantern",
                "KRV2_feature",
                "Der Glöckner",
                "L'Été d'Avant",
                "海辺のカモメ",
                "Tiny Titans 🦖",
                "promo-q3",
                "Северный ветер",
                "Ghost Harbor (S1)",
                "Quokka's Day Out",
                "ZEPHYR",
                "नीली पतंग",
                "Iron_Orchard_ep",
                "Señora Luna",
            ),
            start=1204,
        )
    ),
    people=(
        (611, "Björk Sveinsdóttir", "bjork.s"),
        (5120, "Liam O'Hara", "lohara"),
        (733, "高橋 健", "ken.takahashi"),
        (2087, "Freelance 03", "freelance03"),
        (918, "Núria Puig i Ferrer", "npuig"),
        (444, "Дарья Орлова", "d.orlova"),
        (6001, "vendor.rotopaint", "vendor.rotopaint"),
        (1310, "Sam 🎧 Achebe", "sachebe"),
        (87, "Müller, Jörg", "jmueller"),
        (3555, "陳 美玲", "mchen"),
    ),
    groups=((31, "Lighting Leads"), (58, "Outsource Paris"), (9, "コンポ班")),
    statuses=("rdy4c", "pndlr", "kbk", "tech_fix", "omtd", "w8", "clsd"),
    steps=(
        (210, "Crowd"),
        (377, "Matte Painting"),
        (98, "Prévis"),
        (145, "Cloth"),
        (402, "撮影"),
        (61, "Lookdev"),
    ),
    fields=(
        "Shot.sg_lens_mm",
        "Asset.sg_tracker_uuid",
        "Task.sg_bid_days",
        "Version.sg_qc_note",
        "Shot.sg_plate_status",
        "Sequence.sg_turnover_date",
        "Asset.sg_vendor_code",
        "Version.sg_frames_have_slate",
        "Shot.sg_hero_asset",
    ),
    aliens=("CustomEntity11", "Delivery", "MocapTake", "CustomNonProjectEntity02"),
    scripts=("sg2kitsu_prod", "nightly-bridge"),
    assets=(
        "lantern_hero",
        "moth-swarm B",
        "Kutsche",
        "façade_nord",
        "月船",
        "rex 🦖",
        "prop.crate.02",
    ),
    workers=(
        "importd@app-03",
        "sg-bridge.service@core2",
        "nightly_push.py",
        "sgpush.exe@RENDER-11",
    ),
    mounts=("/net/stor04/shows", "/Volumes/prodraid", "/srv/media"),
    drives=("Y:\\shows", "\\\\filer-b\\prod"),
    code="OBS{s:03d}_{n:04d}",
    home="/opt/halcyon/bridge",
)

_SECOND = World(
    site="paperplane.shotgunstudio.com",
    target="kitsu.paperplane.example",
    shows=tuple(
        enumerate(
            (
                "Wolkenmeer",
                "Bird/Machine",
                "red_kettle_s02",
                "Ñandú",
                "별이 빛나는 밤",
                "L’Atelier 7",  # noqa: RUF001
                "COMM_2231",
                "Ölüdeniz",
                "The Long 'Maybe'",
                "الواحة",
                "marble-run",
                "🌋 Lavaland",
                "Krtek a Měsíc",
                "Op. Nightjar",
            ),
            start=322,
        )
    ),
    people=(
        (1502, "Zsófia Kántor", "zkantor"),
        (274, "D'Angelo, Rae", "rdangelo"),
        (8090, "김서연", "seoyeon"),
        (39, "Ext Anim 12", "ext-anim-12"),
        (4417, "Håkon Ås", "haas"),
        (660, "ياسمين حداد", "yhaddad"),
        (7123, "roto_partner_x", "roto_partner_x"),
        (905, "Pat 🐙 Quill", "pquill"),
        (2231, "Søren Kjær", "skjaer"),
        (5808, "Nguyễn Thị Mai", "mai.nguyen"),
    ),
    groups=((14, "Anim Sup"), (77, "Montréal FX"), (203, "편집팀")),
    statuses=("appr2", "nfr", "dlvrd", "cut?", "tbh", "rtk1", "held!"),
    steps=(
        (512, "Hair/Fur"),
        (33, "Story Reel"),
        (820, "Étalonnage"),
        (276, "Paint & Roto"),
        (641, "배경"),
        (119, "Stereo"),
    ),
    fields=(
        "Task.sg_revision_no",
        "Shot.sg_handles_out",
        "Asset.sg_lod",
        "Version.sg_codec",
        "Shot.sg_camera_body",
        "Episode.sg_airdate",
        "Asset.sg_parent_pack",
        "Version.sg_client_code",
        "Task.sg_priority_int",
    ),
    aliens=("CustomEntity27", "Element", "CameraRig", "CustomThreadedEntity03"),
    scripts=("kitsu_mirror_eu", "pp-exporter"),
    assets=(
        "kettle_A",
        "balão",
        "Vogel-Maschine",
        "고래",
        "tree 07 (dead)",
        "🐙ink",
        "set.kitchen",
    ),
    workers=("mirror@vm-118", "pp-import-7c9f5d", "push_to_kitsu.py", "celery@tick2"),
    mounts=("/mnt/isilon/pp", "/jobs", "/data/exchange"),
    drives=("R:\\jobs", "\\\\pp-nas1\\projects"),
    code="rk{e:02d}-{s:03d}-{n:04d}",
    home="/srv/paperplane/mirror",
)

_THIRD = World(
    site="saltmarsh.shotgrid.autodesk.com",
    target="zou.saltmarsh.example",
    shows=tuple(
        enumerate(
            (
                "Heron Street",
                "TDL_main",
                "Γαλάζια Θάλασσα",
                "Jökulsá",
                "Les Ombres d'Aval",
                "ดาวตก",
                "spot-441",
                "Pelican / Night",
                "🫧 Bubble Co.",
                "הדג האחרון",
                "GRAVELWORKS_s1",
                "Tía Marisol",
                "The Wren's Debt (pilot)",
                "Łódź 1905",
            ),
            start=71,
        )
    ),
    people=(
        (346, "Ainhoa Etxeberria", "ainhoa"),
        (9104, "McArdle, Fionn", "fmcardle"),
        (52, "temp lighter 4", "temp.lighter.4"),
        (2760, "Ελένη Δούκα", "edouka"),
        (1188, "Þórunn Jónsdóttir", "thorunn"),
        (7745, "สมชาย ใจดี", "somchai"),
        (430, "vendor_northlight", "vendor_northlight"),
        (3019, "N'Diaye, Awa", "andiaye"),
        (815, "Kit 🪁 Palmer", "kpalmer"),
        (6227, "יעל ברק", "ybarak"),
    ),
    groups=((19, "Night Shift"), (240, "Dépt. Rendu"), (66, "ทีมแสง")),
    statuses=("2rev", "hldx", "ptl", "c/o", "shpd", "re.do", "wfv"),
    steps=(
        (701, "Creature FX"),
        (18, "Éclairage"),
        (566, "Slap Comp"),
        (93, "Roto"),
        (1250, "Φόντα"),
        (304, "Layout 2D"),
    ),
    fields=(
        "Shot.sg_delivery_batch",
        "Task.sg_estimate_h",
        "Asset.sg_rig_variant",
        "Version.sg_review_round",
        "Shot.sg_stereo_pair",
        "Sequence.sg_edit_lock",
        "Task.sg_outsource_po",
        "Asset.sg_usd_root",
        "Episode.sg_network_id",
    ),
    aliens=("CustomEntity08", "Booking", "Slate", "CustomNonProjectEntity11"),
    scripts=("relay_zou", "marsh_sync_v2"),
    assets=(
        "heron_old",
        "Boat - small",
        "φάρος",
        "reed.bed.03",
        "crâne_A",
        "🫧 bubble",
        "SET_pier",
    ),
    workers=("relay@ingest-2", "relay-worker-84cb9", "zou_relay.rb", "ingest@gpu-02"),
    mounts=("/mnt/tide/shows", "/export/prod", "/Volumes/marsh01"),
    drives=("M:\\prod", "\\\\tidefs\\shows"),
    code="s{s:02d}_{n:03d}_e{e:02d}",
    home="/usr/local/saltmarsh/relay",
)

_FOURTH = World(
    site="tamarackrow.shotgrid.autodesk.com",
    target="tasks.tamarack.example",
    shows=tuple(
        enumerate(
            (
                "Copper Meridian",
                "NBX_season3",
                "Das Haus am Wehr",
                "Óscar y el Búho",
                "雪の郵便局",
                "Postcard '68",
                "trailer-88b",
                "Зимний сад",
                "Fox & Fathom (ep. 1-10)",
                "PENUMBRA",
                "🚲 Velo Pals",
                "Sügis Tallinnas",
                "바람의 집",
                "Mãe d'Água",
            ),
            start=2410,
        )
    ),
    people=(
        (1721, "Ingrid Løvås", "ilovas"),
        (208, "O'Keeffe, Maeve", "mokeeffe"),
        (6644, "森田 葵", "aoi.morita"),
        (95, "Intern Comp 2", "intern-comp2"),
        (3380, "Tomáš Dvořák", "tdvorak"),
        (1019, "Ольга Мельник", "omelnyk"),
        (7702, "vendor-brightroto", "vendor-brightroto"),
        (541, "Jo 🚲 Adeyemi", "jadeyemi"),
        (4096, "João Brandão", "jbrandao"),
        (2873, "Lê Văn Hùng", "hung.le"),
    ),
    groups=((44, "FX Dailies"), (171, "Équipe Layout"), (12, "仕上げ班")),
    statuses=("cbb", "ip2", "qcx", "w/cl", "sup_ok", "prk", "zz9"),
    steps=(
        (88, "Grooming"),
        (431, "Previz Cam"),
        (1502, "Décor"),
        (267, "DMP"),
        (930, "仕上げ"),
        (15, "Techanim"),
    ),
    fields=(
        "Shot.sg_retime_pct",
        "Task.sg_quote_ref",
        "Asset.sg_texel_density",
        "Version.sg_lut_slot",
        "Shot.sg_film_back",
        "Sequence.sg_reel_no",
        "Asset.sg_scan_id",
        "Version.sg_burnin_preset",
        "Task.sg_crew_size",
    ),
    aliens=("CustomEntity19", "Cut", "Launch", "CustomNonProjectEntity07"),
    scripts=("courier_prod", "sg-forwarder-2"),
    assets=(
        "meridian_ship",
        "owl puppet A",
        "Wehr_Tor",
        "búho",
        "郵便車",
        "velo 🚲",
        "bg.station.01",
    ),
    workers=("courier@wrk-21", "courier-6b8d4f9c7-x2k", "forward_tasks.py", "courier@wrk-34"),
    mounts=("/vol/tam01/projects", "/mnt/nearline", "/show"),
    drives=("T:\\projects", "\\\\tam-fs2\\projects"),
    code="EP{e:02d}_SEQ{s:02d}_SH{n:04d}",
    home="/opt/tamarack/courier",
)

_FIFTH = World(
    site="cobaltfern.shotgrid.autodesk.com",
    target="kitsu.cobaltfern.example",
    shows=tuple(
        enumerate(
            (
                "Orchard of Glass",
                "WDR_s04",
                "La Última Marea",
                "Tidewater 9",
                "Kuu ja Karhu",
                "Nonna's Robot",
                "teaser-512",
                "Вечерний трамвай",
                "Hotel Saturn (2nd unit)",
                "ĀBOLI",
                "紙の城",
                "🐌 Slowpokes",
                "Três Marés",
                "Deep_Fjord_feature",
            ),
            start=5061,
        )
    ),
    people=(
        (2904, "Beatriz Falcão", "bfalcao"),
        (317, "O'Rourke, Declan", "dorourke"),
        (8421, "Mikko Lähteenmäki", "mlahteen"),
        (66, "Trainee Roto 1", "trainee-roto1"),
        (1577, "Агнешка Лис", "alis"),
        (4830, "小林 遥", "haruka.k"),
        (7011, "ext.pixelbarn", "ext.pixelbarn"),
        (1240, "Giulia D'Amico", "gdamico"),
        (5390, "Max 🐌 Ferreira", "mferreira"),
        (953, "Rūta Kalniņa", "rkalnina"),
    ),
    groups=((27, "Comp Pool B"), (135, "Equipa Render"), (81, "Paint Nights")),
    statuses=("pkg", "n2s", "clrev", "rvw!", "tmpok", "dnu", "x-hold"),
    steps=(
        (1104, "Camera Solve"),
        (72, "Iluminação"),
        (389, "Muscle Sim"),
        (940, "Keying"),
        (215, "Color Script"),
        (1633, "塗り"),
    ),
    fields=(
        "Shot.sg_plate_clip",
        "Task.sg_vendor_bid",
        "Asset.sg_poly_budget",
        "Version.sg_slate_text",
        "Shot.sg_witness_cam",
        "Sequence.sg_color_key",
        "Asset.sg_shader_lib",
        "Version.sg_comp_script",
        "Task.sg_time_split",
    ),
    aliens=("CustomEntity33", "Ticket", "PhysicalAsset", "CustomNonProjectEntity15"),
    scripts=("fern_ingest", "sg2zou-weekly"),
    assets=(
        "glass_tree",
        "Robô velho",
        "karhu",
        "tram-17",
        "紙兵",
        "snail 🐌 B",
        "env.greenhouse.02",
    ),
    workers=("ferry@ing-05", "ferry-5d7c8-qwz4", "fern_ingest.py", "ferry@ing-09"),
    mounts=("/fern/prod", "/mnt/qumulo/fern", "/proj"),
    drives=("P:\\fern", "\\\\fernfs\\prod"),
    code="SQ{s:02d}-{n:04d}-r{e:d}",
    home="/app/ferry",
)

WORLDS = {
    "first": _FIRST,
    "second": _SECOND,
    "third": _THIRD,
    "fourth": _FOURTH,
    "fifth": _FIFTH,
}
