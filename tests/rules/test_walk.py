"""Projects of Guanyun from draft to contract filing, act by act, as pure functions."""

from datetime import date, timedelta

from lianshen.rules.queries import assess, expire
from tests.rules.law import ON, Project, declaration, due_of, guanyun

PAPERS = ("project_proposal", "feasibility_report", "preliminary_design", "resource_catalogue")
TODAY = ON.isoformat()


def at_joint_review(budget: str = "700,000", **more: str) -> Project:
    project = Project(declaration(budget, **more))
    project.hand_in(*PAPERS)
    project.do("submit")
    project.do("pass_pre_review")
    if more.get("video_surveillance"):
        project.do("video_pre_review")
    project.do("open_joint_review", opinions_due_on=(ON + timedelta(days=5)).isoformat())
    return project


def hear_everyone(project: Project) -> None:
    pending = project.facts["opinions_pending"]
    assert isinstance(pending, tuple)
    for body in pending:
        project.do("give_opinion", by=body, verdict="agree", remarks="同意。")


def approved() -> Project:
    project = at_joint_review()
    hear_everyone(project)
    project.do("conclude_joint_review", remarks="通过。")
    project.do("approve", approval_number="灌发改〔2025〕1号", approved_amount="690,000")
    return project


def test_a_small_project_is_filed_without_review() -> None:
    project = Project(declaration("499,999.99"))
    assert project.phase == "draft"
    assert project.reasons("submit") == {"missing_paper"}
    project.hand_in("project_proposal")
    project.do("submit")
    assert project.phase == "under_filing"
    assert project.open() == {"withdraw", "accept_filing", "return_filing"}
    project.do("accept_filing", filing_number="BA-1")
    assert project.phase == "filed"
    assert project.open() == {"record_signing"}


def test_a_middle_project_goes_through_joint_review_to_contract_filing() -> None:
    project = at_joint_review()
    assert project.phase == "joint_review"
    assert project.open() == {"give_opinion", "withdraw"}
    assert project.reasons("conclude_joint_review") == {"opinions_pending"}
    hear_everyone(project)
    returned = project.do("return_with_remarks", remarks="补充安全设计。")
    assert project.phase == "revising"
    assert project.reasons("approve") == {"not_timely"}
    (begun,) = returned.starts
    assert (begun.clock.code, begun.trigger_on, begun.clock.budget, begun.clock.unit) == (
        "revise",
        ON,
        10,
        "working_days",
    )
    assert project.do("submit_revision", remarks="已补充。").stops == ("revise",)
    assert project.phase == "rechecking"
    project.do("fail_recheck", remarks="仍不完整。")
    assert project.phase == "revising"
    project.do("submit_revision", remarks="再次补充。")
    project.do("pass_recheck")
    assert project.phase == "approving"
    project.do("approve", approval_number="灌发改〔2025〕1号", approved_amount="690,000.00")
    assert (project.phase, project.facts["approved_amount"], project.facts["approved_on"]) == (
        "approved",
        69000000,
        TODAY,
    )
    signed = project.do(
        "record_signing", contracts_signed_on="2025-11-03", contract_amount="680000", winning_bidder="中标单位"
    )
    (begun,) = signed.starts
    clock = begun.clock
    assert clock.budget == 10
    assert due_of(begun) == date(2025, 11, 17)
    assert project.reasons("file_contract") == {"missing_paper"}
    project.hand_in("contract", "price_list")
    assert project.do("file_contract").stops == ("file_contract",)
    project.do("accept_contract_filing")
    assert project.phase == "contract_filed"


def test_a_large_project_has_its_estimate_reviewed_first() -> None:
    project = Project(declaration("1,000,000"))
    project.hand_in(*PAPERS)
    assert project.reasons("submit") == {"estimate_not_reviewed", "missing_paper"}
    project.do("request_estimate_review")
    assert project.phase == "estimate_review"
    assert not assess(guanyun(), project.facts, "", ON).amendable
    assert project.action("issue_reviewed_estimate").papers == ("finance_reviewed_estimate",)
    project.hand_in("finance_reviewed_estimate")
    project.do("issue_reviewed_estimate", reviewed_estimate="980,000")
    project.do("submit")
    assert project.phase == "pre_review"


def test_the_estimate_is_issued_with_its_paper() -> None:
    project = Project(declaration("1,000,000"))
    project.do("request_estimate_review")
    assert project.reasons("issue_reviewed_estimate") == {"missing_paper"}


def test_video_content_waits_for_the_police() -> None:
    project = Project(declaration("700,000", video_surveillance="on"))
    project.hand_in(*PAPERS)
    project.do("submit")
    project.do("pass_pre_review")
    assert project.reasons("open_joint_review") == {"no_video_pre_review"}
    assert project.action("video_pre_review").by == ("county_public_security_bureau",)
    project.do("video_pre_review")
    assert "open_joint_review" in project.open()


def test_the_joint_review_asks_the_bodies_the_law_names() -> None:
    assert at_joint_review().facts["opinions_asked"] == (
        "county_development_reform_commission",
        "county_finance_bureau",
        "county_cyberspace_office",
    )


def test_silence_does_not_hold_up_the_conclusion_for_ever() -> None:
    project = at_joint_review()
    project.on = ON + timedelta(days=5)
    assert "conclude_joint_review" not in project.open()
    project.on += timedelta(days=1)
    project.do("conclude_joint_review", remarks="逾期未反馈，视情形作出结论。")
    assert project.phase == "approving"


def test_a_failed_project_may_come_again_until_it_counts_as_abandoned() -> None:
    project = at_joint_review()
    hear_everyone(project)
    failed = project.do("fail_joint_review", reason="必要性不足。")
    assert project.phase == "failed"
    (begun,) = failed.starts
    assert (begun.clock.code, begun.clock.on_expiry) == ("reapply", "deemed_abandoned")
    lapsed = expire(guanyun(), project.facts, "reapply", ON + timedelta(days=31))
    assert lapsed.changed == {"deemed_abandoned": (None, True), "abandoned_on": (None, "2025-12-06")}
    assert assess(guanyun(), lapsed.facts, "", ON).phase == "deemed_abandoned"
    assert not [action for action in assess(guanyun(), lapsed.facts, "", ON).actions if action.open]
    assert project.do("submit").stops == ("reapply",)
    assert project.phase == "pre_review"
    assert "review_failed" not in project.facts


def test_a_term_without_consequence_changes_nothing() -> None:
    facts = approved().facts
    outcome = expire(guanyun(), facts, "file_contract", ON)
    assert (outcome.facts, outcome.changed) == (facts, {})


def test_what_is_forbidden_in_principle_waits_for_an_exception() -> None:
    project = Project(declaration("700,000", builds_infrastructure="on", builds_private_network="on"))
    project.hand_in(*PAPERS)
    project.do("submit")
    assert project.reasons("pass_pre_review") == {"own_infrastructure", "private_network"}
    offered = project.action("grant_exception").form[0].options
    assert [option.code for option in offered] == ["own_infrastructure", "private_network"]
    for option in offered:
        project.do("grant_exception", exception=option.code, reason="涉密机房无法上云。")
    assert not project.action("grant_exception").timely
    assert all(block.granted for block in assess(guanyun(), project.facts, "", ON).blocks)
    project.do("pass_pre_review")


def test_approval_needs_the_resource_catalogue() -> None:
    project = Project(declaration("700,000"))
    project.hand_in("feasibility_report")
    project.do("submit")
    project.do("pass_pre_review")
    project.do("open_joint_review", opinions_due_on=TODAY)
    hear_everyone(project)
    project.do("conclude_joint_review", remarks="通过。")
    assert project.reasons("approve") == {"no_resource_catalogue"}
    assert "refuse_approval" in project.open()


def test_a_project_may_be_withdrawn_and_declared_again() -> None:
    project = at_joint_review()
    assert project.do("withdraw", reason="调整建设内容。").stops == ("revise", "opinions")
    assert project.phase == "withdrawn"
    project.do("submit")
    assert project.phase == "pre_review"
    assert "opinions_asked" not in project.facts


def test_a_draft_says_what_is_not_filled_in_yet() -> None:
    project = Project({"title": "草稿", "kind": "new_build"})
    (reason,) = [reason for reason in project.action("submit").reasons if reason.code == "unanswered"]
    assert "预算金额" in reason.label
    assert "项目名称" not in reason.label


def test_after_the_contract_the_project_is_built_accepted_and_settled() -> None:
    project = approved()
    project.do("record_signing", contracts_signed_on=TODAY, contract_amount="680000", winning_bidder="中标单位")
    project.do("propose_change", change_ground="technical_optimisation", change_amount="69,000", reason="优化。")
    project.do("determine_change")
    assert project.facts["earlier_changes"] == 6900000
    project.do("propose_change", change_ground="technical_optimisation", change_amount="0.01", reason="再优化。")
    assert project.reasons("determine_change") == {"formal_change_procedure_required"}
    project.do("reject_change", reason="累计超过百分之十。")
    project.do("record_completion", completed_on=TODAY)
    project.hand_in("acceptance_materials", "final_accounts")
    accepted = project.do("file_acceptance", acceptance_passed_on=TODAY)
    assert [begun.clock.code for begun in accepted.starts] == ["final_accounts"]
    extended = project.do("extend_final_accounts", reason="审计未结束。")
    assert [begun.clock.budget for begun in extended.starts] == [6]
    project.do("submit_final_accounts")
    project.do("go_live")
    assert project.phase == "operating"


def test_a_contract_signed_before_the_law_starts_no_term() -> None:
    project = approved()
    outcome = project.do("record_signing", contracts_signed_on="2025-09-05", contract_amount="1", winning_bidder="单位")
    assert outcome.starts == ()


def test_an_exception_for_a_change_is_for_that_change_alone() -> None:
    project = approved()
    project.do("record_signing", contracts_signed_on=TODAY, contract_amount="680000", winning_bidder="中标单位")
    for _ in range(2):
        project.do(
            "propose_change",
            change_ground="county_deployment",
            change_amount="0",
            major_design_change="on",
            reason="部署调整。",
        )
        assert project.reasons("determine_change") == {"major_design_change"}
        project.do("grant_change_exception", exception="major_design_change", reason="县委县政府部署。")
        project.do("determine_change")
    assert project.facts["exceptions"] == ()
