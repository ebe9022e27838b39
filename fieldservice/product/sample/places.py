"""Made-up customers at plausible places around Beijing (WGS-84)."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa

from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from fieldservice.core.oplog import log_office_edit
from fieldservice.customers.models import FIRM, PERSON, Customer, Product, Site


class Home(NamedTuple):
    """A customer's home or office as it is typed in."""

    name: str
    address_form: str
    district: str
    address: str
    unit: str
    access_note: str
    lat: float | None
    lng: float | None
    special_needs: tuple[str, ...] = ()


HOMES = (
    Home("张丽华", "张女士", "朝阳区", "望春园西区", "12 号楼 3 单元 602", "单元门 0602#",
         39.9926, 116.4691, ("elderly",)),
    Home("刘建军", "刘先生", "朝阳区", "北苑清风里", "7 号楼 1 单元 1104", "货梯在西侧，10 点后开", 40.0341, 116.4213),
    Home("陈晓梅", "陈女士", "昌平区", "龙泽雅居", "21 号楼 2 单元 301", "", 40.0712, 116.3205, ("children",)),
    Home("赵国强", "赵先生", "海淀区", "西三旗育新里", "14 号楼 4 单元 502", "门禁打电话开", 40.0588, 116.3492),
    Home("孙红", "孙女士", "朝阳区", "望春园东区", "3 号楼 201", "", 39.9951, 116.4783),
    Home("李伟", "李先生", "丰台区", "方庄芳星苑", "2 号楼 1 单元 903", "", 39.8671, 116.4329, ("pets",)),
    Home("周雅琴", "周女士", "丰台区", "马家堡嘉和园", "5 号楼 1802", "访客停 B2", 39.8482, 116.3761),
    Home("吴志明", "吴先生", "西城区", "广安门红居里", "9 号楼 2 单元 401", "没有电梯",
         39.8897, 116.3517, ("elderly", "hearing")),
    Home("郑秀英", "郑女士", "东城区", "和平里民旺院", "11 号楼 305", "", 39.9588, 116.4189),
    Home("王海燕", "王女士", "石景山区", "鲁谷七星园", "16 号楼 1 单元 1201", "单元门 #1201 钥匙", 39.9042, 116.2347),
    Home("冯志远", "冯先生", "朝阳区", "劲松七条", "708 号楼 2 单元 12", "", 39.8853, 116.4621, ("mobility",)),
    Home("褚慧", "褚女士", "通州区", "梨园翠屏北里", "33 号楼 402", "", 39.8869, 116.6688),
    Home("卫东升", "卫先生", "大兴区", "黄村枣园", "20 号楼 5 单元 601", "地下车库不让进货车", 39.7336, 116.3328),
    Home("蒋春燕", "蒋女士", "海淀区", "清河当代苑", "6 号楼 1503", "", 40.0297, 116.3403, ("quiet_hours",)),
    Home("沈浩", "沈先生", "朝阳区", "亚运村安慧里", "四区 8 号楼 1001", "", 39.9915, 116.4072),
    Home("韩梅", "韩女士", "昌平区", "天通苑西三区", "40 号楼 2 单元 804", "快递柜旁单元门常开", 40.0724, 116.4101),
    Home("杨光", "杨先生", "丰台区", "角门东里", "3 号楼 1 单元 102", "", 39.8391, 116.3883, ("shoes_off",)),
    Home("北京禾木设计有限公司", "前台孙小姐", "朝阳区", "酒仙桥创意园", "C 座 3 层", "前台登记", 39.9718, 116.4887),
    Home("朱䶮", "朱先生", "海淀区", "上地佳园", "18 号楼 704", "", 40.0372, 116.3101),
    Home("秦玉兰", "秦女士", "房山区", "良乡苏庄", "二里 6 号楼 3 单元 502", "", None, None, ("parking",)),
)  # fmt: skip

FLOORS = (
    ("强化复合 12 毫米 浅橡木", "26-0117-B3", "客厅", Decimal("26.40"), date(2026, 3, 8)),
    ("实木复合 15 毫米 人字拼", "26-0205-A1", "主卧", Decimal("18.25"), date(2026, 4, 19)),
    ("三层实木 14 毫米 栎木", "25-1122-C7", "全屋", Decimal("84.00"), date(2025, 12, 2)),
    ("强化复合 8 毫米 灰胡桃", "26-0330-B2", "次卧", Decimal("12.80"), date(2026, 5, 30)),
)


def load_homes(branch: Branch, *, at: datetime) -> list[Site]:
    """Customers with one site each, every second one with a floor; written once, in the order of HOMES."""
    if not db.session.scalar(sa.select(sa.func.count(Customer.id)).filter_by(branch_id=branch.id)):
        for number, home in enumerate(HOMES):
            _load(home, number, branch, at)
        db.session.flush()
    query = sa.select(Site).join(Customer).where(Customer.branch_id == branch.id)
    sites = {site.customer.name: site for site in db.session.scalars(query).unique()}
    return [sites[home.name] for home in HOMES if home.name in sites]


def _load(home: Home, number: int, branch: Branch, at: datetime) -> None:
    customer = Customer(
        branch_id=branch.id,
        kind=FIRM if "公司" in home.name else PERSON,
        name=home.name,
        address_form=home.address_form,
        phone=f"1390000{1001 + number * 37}",
        special_needs=list(home.special_needs),
        created_at=at,
    )
    site = Site(
        district=home.district,
        address=home.address,
        unit=home.unit,
        access_note=home.access_note,
        lat=home.lat,
        lng=home.lng,
        position_source="pin" if home.lat is not None else "",
    )
    customer.sites = [site]
    if number % 2 == 0:
        site.products = [_floor(number // 2)]
    db.session.add(customer)
    db.session.flush()
    log_office_edit("add_customer", customer, by=None, at=at, name=home.name, phone=customer.phone)
    log_office_edit("add_site", site, by=None, at=at, address=home.address, lat=home.lat, lng=home.lng)


def _floor(number: int) -> Product:
    model, batch, room, area_m2, bought_on = FLOORS[number % len(FLOORS)]
    return Product(
        model=model,
        batch=batch,
        room=room,
        area_m2=area_m2,
        purchased_on=bought_on,
        voucher=f"收据 {bought_on:%y%m}{number + 11:03}",
        installer="丰台店安装组",
        warranty_start_on=bought_on,
    )
