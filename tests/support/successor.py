"""A law that follows upon Guanyun's: invented changes to the shipped pack, for whatever compares or moves versions."""

from pathlib import Path

from lianshen.rules.queries import Law, load_law

TENANTS = Path(__file__).parents[2] / "tenants"
OLD = "320723@2025-09-06"
NEW = "320723@2026-02-01"
EDITS = (
    ("instrument.yaml", 'from: "2025-09-06", until: "2027-09-05"', f'from: "2026-02-01", replaces: {OLD}'),
    ("clauses.yaml", "quotation: 有效期至2027年9月5日", "quotation: 自2026年2月1日起施行"),
    # a bound is raised, in the words of the text
    ("clauses.yaml", "预算金额50万元（含）以上、100万元以下的项目", "预算金额60万元（含）以上、100万元以下的项目"),
    ("parameters.yaml", "value: 500000, unit: yuan, text: 50万元", "value: 600000, unit: yuan, text: 60万元"),
    # a term is cut by a third
    ("clauses.yaml", "项目建设单位可在30日内修改设计方案", "项目建设单位可在20日内修改设计方案"),
    ("parameters.yaml", "value: 30, unit: day, text: 30日内", "value: 20, unit: day, text: 20日内"),
    # a paper is asked of others than before, one is new, one is gone
    ("papers.yaml", "when: (filing_tier || estimate_tier &&", "when: (estimate_tier &&"),
    ("papers.yaml", "papers:\n",
     "papers:\n  - {paper: performance_report, for: [submit], when: operations, clause: GY-15-3}\n"),
    ("papers.yaml", "  - {paper: price_list, for: [file_contract], when: contract_papers, clause: GY-25-2}\n", ""),
    # a soft block becomes hard; two stations change places
    ("blocks.yaml", "strength: in_principle\n    overridable_by: county_data_bureau\n    remedy: 请改用电子政务外网",
     "strength: absolute\n    remedy: 请改用电子政务外网"),
)  # fmt: skip


def successor(home: Path, *more: tuple[str, str, str]) -> Path:
    """The folder of the new law within ``home``, beside the old one, with further edits (file, before, after)."""
    county = home / "320723-guanyun"
    folder = county / "pack-2026-02-01"
    folder.mkdir(parents=True)
    for name in ("_vocabulary", "_calendar"):
        (home / name).symlink_to(TENANTS / name)
    shipped = TENANTS / "320723-guanyun"
    (county / "pack-2025-09-06").symlink_to(shipped / "pack-2025-09-06")
    (county / "tenant.yaml").symlink_to(shipped / "tenant.yaml")
    # projects that show what the old law does show most of the new one: without them each reading seeks them anew
    for file in (shipped / "pack-2025-09-06").iterdir():
        if file.name != "release.yaml":
            (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    for name, before, after in (*EDITS, *more):
        file = folder / name
        said = file.read_text(encoding="utf-8")
        assert before in said, (name, before)
        file.write_text(said.replace(before, after, 1), encoding="utf-8")
    return folder


def both(home: Path, *, drafts: bool = True) -> Law:
    """The law of Guanyun in both versions."""
    return load_law(home, TENANTS, drafts=drafts)
