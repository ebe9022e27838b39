"""What a browser says it is: what can be done in it, and how to call it in a list. Pure."""

import re
from dataclasses import dataclass

#: browsers inside other apps: nothing stays there, a link must be opened outside. In this order: WeCom says it is WeChat
_IN_APP = (
    ("wecom", r"wxwork"), ("wechat", r"MicroMessenger"), ("dingtalk", r"DingTalk"), ("alipay", r"AlipayClient"),
    ("weibo", r"Weibo"), ("feishu", r"Lark|Feishu"), ("douyin", r"aweme|NewsArticle"), ("baidu", r"baiduboxapp"),
    ("qq", r"(?<![A-Za-z])QQ/"), ("other", r"FBAN|FBAV|Instagram|Line/|; wv\)"),
)
_SYSTEMS = (("ios", r"iPhone|iPod|iPad"), ("harmony", r"OpenHarmony|HarmonyOS"), ("android", r"Android"),
            ("windows", r"Windows"), ("mac", r"Macintosh"), ("linux", r"Linux|CrOS"))
_BROWSERS = (("edge", r"Edg(A|iOS)?/"), ("samsung", r"SamsungBrowser"), ("huawei", r"HuaweiBrowser"),
             ("xiaomi", r"MiuiBrowser|XiaoMi"), ("qqbrowser", r"MQQBrowser"), ("firefox", r"Firefox|FxiOS"),
             ("chrome", r"Chrome|CriOS"), ("safari", r"Safari"))
_PHONES = frozenset({"ios", "android", "harmony"})


@dataclass(frozen=True)
class Browser:
    """A browser; '' where it does not say."""

    #: the app it is part of: 'wechat', 'qq' …; '' for a browser of its own
    in_app: str
    #: 'ios', 'harmony', 'android', 'windows', 'mac', 'linux'
    system: str
    #: 'chrome', 'safari', 'huawei' …
    name: str

    @property
    def is_phone(self) -> bool:
        """On a phone or tablet, as far as it says so: an iPad says it is a Mac."""
        return self.system in _PHONES


def browser_of(user_agent: str) -> Browser:
    """The browser that names itself so."""
    return Browser(_first(_IN_APP, user_agent), _first(_SYSTEMS, user_agent), _first(_BROWSERS, user_agent))


def _first(kinds: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, pattern in kinds if re.search(pattern, user_agent)), "")
